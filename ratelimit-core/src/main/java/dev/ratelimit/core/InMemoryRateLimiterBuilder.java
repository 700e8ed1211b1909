package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.ApiVersion;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.DecisionCounter;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.LimiterBuilder;
import dev.ratelimit.spi.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Builds an {@link InMemoryRateLimiter}.
 *
 * <p>Listeners are notified on the calling thread. Endpoints beyond {@link #maxUnlistedEndpoints} share meters until
 * the organization is idle: for good, once it has used a lifetime quota.
 *
 * <p>Not safe for use by many threads.
 */
public final class InMemoryRateLimiterBuilder extends LimiterBuilder<InMemoryRateLimiterBuilder> {

    private TimeSource time = TimeSource.system();
    private long maxOrganizations = Long.MAX_VALUE;
    private CapacityPolicy capacityPolicy = CapacityPolicy.REFUSE;

    InMemoryRateLimiterBuilder() {}

    @Override
    protected InMemoryRateLimiterBuilder self() {
        return this;
    }

    /**
     * Sets the clocks; those of the JVM unless stated.
     *
     * @param time the clocks
     * @return this builder
     */
    public InMemoryRateLimiterBuilder timeSource(TimeSource time) {
        this.time = requireNonNull(time, "time");
        return this;
    }

    /**
     * Bounds the organizations whose state is kept; without a bound unless stated.
     *
     * <p>State that counts is never dropped to make room. While the bound is reached, the calls of further
     * organizations are refused, or are not counted at all. To refuse one takes no longer than a call of an
     * organization that is kept. Calls find the place of an organization that has become idle within a millisecond for
     * each 64 organizations that are kept. What is restored from a snapshot, and what support grants, is kept beyond
     * the bound.
     *
     * @param max the most organizations, at least 1
     * @param capacityPolicy the answer to the calls of further ones
     * @return this builder
     * @throws IllegalArgumentException if the number is less than 1
     */
    public InMemoryRateLimiterBuilder maxOrganizations(long max, CapacityPolicy capacityPolicy) {
        Arguments.require(max >= 1, "max", ">= 1", max);
        this.maxOrganizations = max;
        this.capacityPolicy = requireNonNull(capacityPolicy, "capacityPolicy");
        return this;
    }

    /**
     * Makes the limiter.
     *
     * @return a limiter that has seen no call
     * @throws IllegalArgumentException if the {@linkplain TimeSource#lag() lag} of the clocks is negative or more than
     *     an hour
     */
    public InMemoryRateLimiter build() {
        ApiVersion.require("ratelimit-core", ApiVersion.CURRENT);
        DecisionCounter counter = new DecisionCounter(countsDecisions());
        OrganizationStore store = new OrganizationStore(
                new Clocks(time),
                new Listeners(counter.behind(listeners()), new ThrottledLog(time, InMemoryRateLimiter.class.getName())),
                new OrganizationStore.Bounds(maxUnlistedEndpoints(), maxMembers(), maxOrganizations),
                capacityPolicy);
        return new InMemoryRateLimiter(tiers(), store, counter);
    }

    /**
     * Makes a limiter that goes on where another was when it wrote a snapshot.
     *
     * <p>Windows go on by the time that has passed since by the wall clock. They go on by none if that was set back or
     * is more than an hour: that may be a wrong clock. For periods it is believed when it has lasted a minute. A period
     * that is over by the highest time of day that either limiter has seen is over.
     *
     * <p>Every organization of which something counts is restored, even if there are more than {@link
     * #maxOrganizations(long, CapacityPolicy) maxOrganizations} allows. While there are, no further one finds a place.
     * An organization of which nothing counts any more takes no place.
     *
     * @param snapshot the bytes of a snapshot, to their end; may be unbuffered, and is not closed
     * @return a limiter that has seen what the other had
     * @throws SnapshotException if that is no whole snapshot of a version that this one can read
     * @throws IOException if the stream throws it
     */
    public InMemoryRateLimiter restore(InputStream snapshot) throws IOException {
        requireNonNull(snapshot, "snapshot");
        InMemoryRateLimiter limiter = build();
        LimiterSnapshot.restore(limiter.store, snapshot);
        return limiter;
    }

    /**
     * Makes a limiter that goes on where another was when it wrote a snapshot to a file.
     *
     * @param snapshot the file
     * @return a limiter that has seen what the other had
     * @throws SnapshotException if that is no whole snapshot of a version that this one can read
     * @throws IOException if the file cannot be read
     */
    public InMemoryRateLimiter restore(Path snapshot) throws IOException {
        try (InputStream in = Files.newInputStream(requireNonNull(snapshot, "snapshot"))) {
            return restore(in);
        }
    }
}
