package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What this machine has taken ahead, by organization, account and endpoint: decides calls of it, and asks for more when it does not serve.
 *
 * <p>A lease that Redis charged at time t of its clock for a time d counts in windows as of t + d, and Redis says how long after t the period of each
 * quota lasts. So nothing may be served of it after the earlier of the two. Here that time is counted from before Redis was asked,
 * which is not after t, and less a hundredth of it, so that the end here comes first even if this machine's clock is as much slower. Why
 * then no window holds more than an amount is said in {@link Script}. The wall clock ends a lease too: it goes on while a machine is
 * suspended, which stops the monotonic clock of some systems.
 *
 * <p>One call at a time asks for a lease of a key, and one lease of a key is held at a time. When it ends, by a timer, or because it does not
 * serve a call any more, or because the tier is another, what is left is given back; the request for the next one is sent behind that.
 *
 * <p>Safe for use by many threads, and takes no lock.
 */
final class Leases {

    /** Completes a future after some nanoseconds, unless it is complete before. */
    interface Timer {
        void complete(CompletableFuture<@Nullable Void> over, long nanos);
    }

    /** Ends leases on the {@link TimerThread}. */
    static final Timer TIMER = (over, nanos) -> {
        Future<?> set = TimerThread.after(nanos, () -> over.complete(null));
        CompletableFuture<?> unused = over.whenComplete((done, failure) -> set.cancel(false));
    };

    private static final int MOST = 10_000;
    private static final int SLICE = 100;
    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long DRIFT = 100; // a clock may be slower by one in so many

    private record Key(String organization, String account, String endpoint) {}

    private final Map<Key, Lease> held = new ConcurrentHashMap<>();
    private final Set<Key> asking = ConcurrentHashMap.newKeySet();
    private final Meters meters;
    private final Meters.Batch batch;
    private final TimeSource clock;
    private final Timer timer;
    private volatile boolean closed;

    /** Makes them, of so much each; none, if it is {@link Meters.Batch#NONE}. */
    Leases(Meters meters, Meters.Batch batch, TimeSource clock, Timer timer) {
        this.meters = meters;
        this.batch = batch;
        this.clock = clock;
        this.timer = timer;
    }

    CompletableFuture<Decision> tryAcquire(Caller caller, String endpoint, Usage usage) {
        if (batch.isNone()) {
            return meters.take(meters.target(caller, endpoint), usage);
        }
        Key key = new Key(caller.organization(), caller.tier().account(), endpoint);
        if (serves(key, caller.tier(), usage)) {
            return CompletableFuture.completedFuture(Decision.admitted());
        }
        Target target = meters.target(caller, endpoint);
        if (!mayLease(target, usage) || !asking.add(key)) {
            return meters.take(target, usage);
        }
        return ask(key, target, usage).whenComplete((decision, failure) -> asking.remove(key));
    }

    /** Serves a call of what is held; what may not serve its tier any more is given up. */
    private boolean serves(Key key, Tier tier, Usage usage) {
        Lease lease = held.get(key);
        if (lease != null && !lease.isOpen(tier, clock)) {
            lease.end();
            return false;
        }
        return lease != null && lease.serves(usage);
    }

    /** Tells whether all limits may have room for a batch and the call fits into it, so that it can be asked for. */
    private boolean mayLease(Target target, Usage usage) {
        if (target.rules().isEmpty() || held.size() >= MOST || closed) {
            return false;
        }
        Unit unit = target.rules().get(0).unit();
        long units = usage.amountOf(unit);
        // While answers are lost, each would cost a batch.
        return units > 0
                && units <= batch.units()
                && meters.areSteady(target.caller())
                && target.rules().stream()
                        .allMatch(rule ->
                                rule.unit().equals(unit) && rule.limit.limit().amount() >= batch.units());
    }

    private CompletableFuture<Decision> ask(Key key, Target target, Usage usage) {
        // Another call may just have been answered.
        if (serves(key, target.caller().tier(), usage)) {
            return CompletableFuture.completedFuture(Decision.admitted());
        }
        Lease last = held.get(key);
        if (last != null) {
            last.end();
        }
        long from = clock.nanoTime();
        Instant wallFrom = clock.instant();
        return meters.lease(target, usage, batch).thenApply(outcome -> {
            if (outcome.leaseMicros() > 0) {
                long nanos = Micros.nanos(outcome.leaseMicros());
                nanos -= nanos / DRIFT;
                Unit unit = target.rules().get(0).unit();
                long left = batch.units() - usage.amountOf(unit);
                Instant wallEnd = wallFrom.plusNanos(nanos);
                hold(key, new Lease(outcome, left, from + nanos, wallEnd, lease -> giveBack(key, lease)));
            }
            return outcome.decision();
        });
    }

    private void hold(Key key, Lease lease) {
        held.put(key, lease);
        timer.complete(lease.over(), lease.nanosLeft(clock));
        // Who closes says so and then looks at what is held; so one of the two ends it.
        if (closed) {
            lease.end();
        }
    }

    private CompletableFuture<Boolean> giveBack(Key key, Lease lease) {
        // Not removed before, so that who closes waits for it.
        return meters.settle(lease.charged(), lease.takeRest())
                .whenComplete((done, failure) -> held.remove(key, lease));
    }

    /**
     * Gives back what is unused, and waits until Redis has answered or is too late: for some at a time, as of all at once most would be too
     * late; and for some seconds, after which the rest is not waited for.
     */
    void close() {
        closed = true;
        long deadline = clock.nanoTime() + CLOSING_NANOS;
        List<Lease> last = List.copyOf(held.values());
        for (int i = 0; i < last.size(); i += SLICE) {
            List<Lease> slice = last.subList(i, Math.min(i + SLICE, last.size()));
            slice.forEach(Lease::end);
            if (clock.nanoTime() - deadline < 0) {
                CompletableFuture<?>[] returned =
                        slice.stream().map(Lease::returned).toArray(CompletableFuture<?>[]::new);
                Link.await(CompletableFuture.allOf(returned).thenApply(done -> true), failure -> false);
            }
        }
    }
}
