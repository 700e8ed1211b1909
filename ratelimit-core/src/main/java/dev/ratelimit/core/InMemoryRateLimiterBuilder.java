package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.ApiVersion;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.DecisionCounter;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.LimiterBuilder;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Builds an {@link InMemoryRateLimiter}.
 *
 * <p>Listeners are notified on the calling thread. Endpoints beyond {@link #maxUnlistedEndpoints} share meters until
 * the organization is idle: for good, once it has used a lifetime quota.
 *
 * <p>Not safe for use by many threads.
 */
public final class InMemoryRateLimiterBuilder extends LimiterBuilder<InMemoryRateLimiterBuilder> {

    private static final Duration LONGEST = Duration.ofHours(1);

    private TimeSource time = TimeSource.system();
    private @Nullable QuotaStore quotas;
    private @Nullable ScheduledExecutorService quotaScheduler;
    private Duration timeout = Duration.ofMillis(200);
    private Duration pause = Duration.ofSeconds(1);
    private final List<StoreListener> storeListeners = new ArrayList<>();
    private boolean admits;
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
     * Keeps the counts of all quotas in a store, which other machines share and which outlives the process. All other
     * limits stay in memory. Without it, quotas are in memory too.
     *
     * <p>The limiter leases units of a quota's period from the store and decides on them in memory. So a call waits for
     * the store only where nothing is left of what is leased. Limits in memory are asked first: a call that they refuse
     * asks no store. A quota is never exceeded by calls, on however many machines. Idle leases are back in the store
     * within two seconds. What a machine holds when it crashes stays charged.
     *
     * <p>Soft quotas and shadows never wait for the store. Grants, resets and raised amounts of other machines are seen
     * after a second at the latest. What a reporting decision tells of a quota is what the store showed last, less what
     * this machine has used since; it does not know what others have used since. A quota with {@link
     * dev.ratelimit.Overrun#UNTIL_REACHED} may be overrun by one call of each machine.
     *
     * @param store the store, for this limiter alone, which closes it
     * @return this builder
     * @see InMemoryRateLimiter#close
     */
    public InMemoryRateLimiterBuilder quotas(QuotaStore store) {
        this.quotas = requireNonNull(store, "store");
        return this;
    }

    /**
     * Sets the longest time that a call waits for the {@linkplain #quotas store of quotas}: 200 milliseconds unless
     * stated.
     *
     * @param timeout more than zero, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if it is out of its range
     */
    public InMemoryRateLimiterBuilder timeout(Duration timeout) {
        this.timeout = requireSpan(timeout, "timeout");
        return this;
    }

    /**
     * Rejects calls that must ask the {@linkplain #quotas store of quotas} while it is away, with the cause {@link
     * dev.ratelimit.StoreUnavailable}. This is the default. Calls that leased units cover are admitted. A status fails
     * with a {@link dev.ratelimit.spi.StoreUnavailableException}.
     *
     * @return this builder
     */
    public InMemoryRateLimiterBuilder failClosed() {
        this.admits = false;
        return this;
    }

    /**
     * Admits calls that must ask the {@linkplain #quotas store of quotas} while it is away, unless a limit in memory
     * refuses. What they use is charged to the quotas when the store answers again. A status tells what was known last.
     *
     * @return this builder
     */
    public InMemoryRateLimiterBuilder failOpen() {
        this.admits = true;
        return this;
    }

    /**
     * Sets the pause after which one call asks the {@linkplain #quotas store of quotas} again while it is away; a
     * second unless stated.
     *
     * @param pause more than zero, at most an hour
     * @return this builder
     * @throws IllegalArgumentException if it is out of its range
     */
    public InMemoryRateLimiterBuilder probeEvery(Duration pause) {
        this.pause = requireSpan(pause, "pause");
        return this;
    }

    /**
     * Adds a listener, which hears when the {@linkplain #quotas store of quotas} goes away and when it is back. No call
     * waits for it.
     *
     * @param listener the listener, safe for use by many threads
     * @return this builder
     */
    public InMemoryRateLimiterBuilder storeListener(StoreListener listener) {
        storeListeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    private static Duration requireSpan(Duration span, String name) {
        requireNonNull(span, name);
        boolean inRange = span.compareTo(Duration.ZERO) > 0 && span.compareTo(LONGEST) <= 0;
        Arguments.require(inRange, name, "> 0 and <= 1 h", span);
        return span;
    }

    /**
     * Sets what runs the rounds in which the {@linkplain #quotas store of quotas} is told of use and idle leases go
     * back to it. Unless stated it is a thread of the limiter's own. A test gives one that runs by its own clock. The
     * tasks are short and do not wait.
     *
     * @param scheduler runs a task every second while something is leased; the host ends it, after the limiter
     * @return this builder
     */
    public InMemoryRateLimiterBuilder quotaScheduler(ScheduledExecutorService scheduler) {
        this.quotaScheduler = requireNonNull(scheduler, "scheduler");
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
        Clocks clocks = new Clocks(time);
        ThrottledLog log = new ThrottledLog(time, InMemoryRateLimiter.class.getName());
        Listeners listeners = new Listeners(counter.behind(listeners()), log);
        OrganizationStore store = new OrganizationStore(
                clocks,
                listeners,
                new OrganizationStore.Bounds(maxUnlistedEndpoints(), maxMembers(), maxOrganizations),
                capacityPolicy,
                quotas == null ? null : waits(NotifyingStore.of(quotas, listeners), clocks, listeners, log));
        return new InMemoryRateLimiter(tiers(), store, counter);
    }

    private StoreWaits waits(QuotaStore store, Clocks clocks, Listeners listeners, ThrottledLog log) {
        StoreListeners told = new StoreListeners(storeListeners, log);
        StoreExchanges exchanges =
                new StoreExchanges(clocks, listeners, timeout, told.breaker(pause, clocks::nanoTime));
        if (quotaScheduler != null) {
            return new StoreWaits(new QuotaLeases(store, exchanges, clocks, quotaScheduler), admits, () -> {});
        }
        ScheduledExecutorService scheduler = LeaseRounds.newScheduler();
        return new StoreWaits(new QuotaLeases(store, exchanges, clocks, scheduler), admits, scheduler::shutdownNow);
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
