package dev.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The key of the call is revoked, for a time or for good.
 *
 * @param until the first instant at which the key is valid again, by the wall clock; empty if it is revoked for good
 */
public record KeyRevoked(Optional<Instant> until) implements Cause {

    /**
     * Makes the cause.
     *
     * @param until the first instant at which the key is valid again, by the wall clock; empty if it is revoked for
     *     good
     */
    public KeyRevoked {
        requireNonNull(until, "until");
    }

    /**
     * Returns the refusal of a call with such a key; for directories of keys.
     *
     * @param now the time of the call, by the wall clock
     * @return a rejection to retry at the end of the revocation, or one for good; empty if the revocation is over
     */
    public Optional<Rejected> refusalAt(Instant now) {
        requireNonNull(now, "now");
        if (until.isEmpty()) {
            return Optional.of(Rejected.permanent(this, ""));
        }
        // Saturates at 292 years.
        long left = NANOSECONDS.convert(Duration.between(now, until.get()));
        return left > 0 ? Optional.of(Rejected.temporary(this, "", left)) : Optional.empty();
    }

    /**
     * Returns for example {@code The API key is revoked until 2025-02-01T00:00:00Z}, or {@code The API key is revoked}.
     */
    @Override
    public String message() {
        return "The API key is revoked" + until.map(end -> " until " + end).orElse("");
    }

    /** Returns 401 (Unauthorized). */
    @Override
    public int suggestedStatus() {
        return 401;
    }
}
