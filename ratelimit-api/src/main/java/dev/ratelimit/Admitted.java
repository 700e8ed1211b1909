package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The call may go ahead, and every limit it falls under is charged, except those of {@linkplain LimitTable#asShadow()
 * shadow tables} that would have refused it. Instances are immutable values.
 */
public final class Admitted implements Decision {

    static final Admitted INSTANCE = new Admitted(List.of(), null);

    private final List<Rejected> shadowRejections;
    private final @Nullable List<LimitStatus> limits;

    private Admitted(List<Rejected> shadowRejections, @Nullable List<LimitStatus> limits) {
        this.shadowRejections = shadowRejections;
        this.limits = limits;
    }

    /**
     * Makes an admission; for backends.
     *
     * @param shadowRejections what the limits of shadow tables that are not charged would have answered, in the order
     *     of the tables; with none, {@link Decision#admitted()} allocates nothing
     * @return the admission
     */
    public static Admitted of(List<Rejected> shadowRejections) {
        return new Admitted(List.copyOf(requireNonNull(shadowRejections, "shadowRejections")), null);
    }

    @Override
    public boolean isAdmitted() {
        return true;
    }

    /**
     * Returns what the limits of shadow tables that are not charged would have answered.
     *
     * @return the rejections in the order of the tables, nearly always empty, unmodifiable
     */
    public List<Rejected> shadowRejections() {
        return shadowRejections;
    }

    @Override
    public List<LimitStatus> limits() {
        if (limits == null) {
            throw new IllegalStateException("this limiter does not report: ask limiter.reporting()");
        }
        return limits;
    }

    @Override
    public Admitted withLimits(List<LimitStatus> limits) {
        return new Admitted(shadowRejections, List.copyOf(requireNonNull(limits, "limits")));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Admitted that
                && shadowRejections.equals(that.shadowRejections)
                && Objects.equals(limits, that.limits);
    }

    @Override
    public int hashCode() {
        return Objects.hash(shadowRejections, limits);
    }

    /** Returns {@code Admitted}, and what shadow tables would have answered. */
    @Override
    public String toString() {
        return shadowRejections.isEmpty()
                ? "Admitted"
                : Printable.text("Admitted, but for shadows " + shadowRejections);
    }
}
