package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;
import java.util.List;

/**
 * The call may go ahead, and every limit it falls under is charged, except those of {@linkplain LimitTable#asShadow()
 * shadow tables} that would have refused it.
 *
 * @param shadowRejections what the limits of shadow tables that are not charged would have answered, in the order of
 *     the tables; nearly always empty
 */
public record Admitted(List<Rejected> shadowRejections) implements Decision {

    static final Admitted INSTANCE = new Admitted(List.of());

    /**
     * Makes an admission.
     *
     * @param shadowRejections what the limits of shadow tables that are not charged would have answered, in the order
     *     of the tables
     */
    public Admitted {
        shadowRejections = List.copyOf(requireNonNull(shadowRejections, "shadowRejections"));
    }

    @Override
    public boolean isAdmitted() {
        return true;
    }

    /** Returns {@code Admitted}, and what shadow tables would have answered. */
    @Override
    public String toString() {
        return shadowRejections.isEmpty()
                ? "Admitted"
                : Printable.text("Admitted, but for shadows " + shadowRejections);
    }
}
