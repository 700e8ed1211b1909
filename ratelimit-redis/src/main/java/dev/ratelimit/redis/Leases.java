package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Member;
import dev.ratelimit.Scope;
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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases of this machine, by organization, account, members and endpoint. Serves calls of them, and asks Redis for
 * a new lease when a call finds none that serves it.
 *
 * <p>A lease that Redis charged at time t of its clock for a time d counts in windows as of t + d, and Redis says how
 * long after t the period of each quota lasts. So nothing may be served of it after the earlier of the two. Here that
 * time is counted from before Redis was asked, which is not after t, and less a hundredth of it, so that the end here
 * comes first even if this machine's clock is as much slower. Why then no window holds more than an amount is said in
 * {@link Script}. The wall clock ends a lease too: it goes on while a machine is suspended, which stops the monotonic
 * clock of some systems.
 *
 * <p>One call at a time asks for a lease of a key, and one lease of a key is held at a time. When it ends, by a timer,
 * or because it does not serve a call any more, or because the tier is another, what is left is given back; the request
 * for the next one is sent behind that.
 *
 * <p>Safe for use by many threads, and takes no lock.
 */
final class Leases {

    /** Completes a future after some nanoseconds, unless it is complete before. */
    interface Timer {
        void complete(CompletableFuture<@Nullable Void> over, long nanos);
    }

    /**
     * Returns a timer that uses an executor. If the executor takes no task, a lease ends at once: nothing else would
     * give back the rest.
     */
    static Timer timer(ScheduledExecutorService executor) {
        return (over, nanos) -> {
            try {
                Future<?> set = executor.schedule(() -> over.complete(null), nanos, TimeUnit.NANOSECONDS);
                CompletableFuture<?> unused = over.whenComplete((done, failure) -> set.cancel(false));
            } catch (Throwable e) {
                over.complete(null);
            }
        };
    }

    private static final int MOST = 10_000;
    private static final int SLICE = 100;
    private static final int LONGEST_NAME = Scope.Endpoint.MAX_BYTES;
    private static final int MOST_MEMBERS = 8;
    private static final long DRIFT = 100; // a clock may be slower by one in this many

    private record Key(String organization, String account, List<Member> members, String endpoint) {

        /** Callers make names up, and a lease must have a bounded size: longer names have no leases. */
        boolean isShort() {
            return organization.length() <= LONGEST_NAME
                    && endpoint.length() <= LONGEST_NAME
                    && members.size() <= MOST_MEMBERS
                    && members.stream().allMatch(member -> member.name().length() <= LONGEST_NAME);
        }
    }

    private final Map<Key, Lease> held = new ConcurrentHashMap<>();
    private final Set<Key> asking = ConcurrentHashMap.newKeySet();
    private final ScriptClient scriptClient;
    private final Batch batch;
    private final TimeSource clock;
    private final Timer timer;
    private volatile boolean closed;

    /** Makes the leases of a limiter. The batch is the size of each; with {@link Batch#NONE} there are none. */
    Leases(ScriptClient scriptClient, Batch batch, TimeSource clock, Timer timer) {
        this.scriptClient = scriptClient;
        this.batch = batch;
        this.clock = clock;
        this.timer = timer;
    }

    CompletableFuture<Outcome> tryAcquire(Caller caller, String endpoint, Usage usage) {
        if (batch.isNone()) {
            return scriptClient.take(scriptClient.limitSet(caller, endpoint), usage, false);
        }
        Key key = new Key(caller.organization(), caller.tier().account(), caller.members(), endpoint);
        if (serves(key, caller, usage)) {
            return CompletableFuture.completedFuture(Outcome.local(caller, Decision.admitted()));
        }
        LimitSet limitSet = scriptClient.limitSet(caller, endpoint);
        if (!key.isShort() || !mayLease(limitSet, usage) || !asking.add(key)) {
            return scriptClient.take(limitSet, usage, false);
        }
        return ask(key, limitSet, usage).whenComplete((decision, failure) -> asking.remove(key));
    }

    /** Counts those that are held. */
    int number() {
        return held.size();
    }

    /** Serves a call of the held lease. A lease that may not serve the tiers any more ends. */
    private boolean serves(Key key, Caller caller, Usage usage) {
        Lease lease = held.get(key);
        if (lease != null && !lease.isOpen(caller, clock)) {
            lease.end();
            return false;
        }
        return lease != null && lease.serves(usage);
    }

    /** Tells whether all limits may have room for a batch and the call fits into it, so that it can be asked for. */
    private boolean mayLease(LimitSet limitSet, Usage usage) {
        if (limitSet.limits().isEmpty() || held.size() >= MOST || closed) {
            return false;
        }
        Unit unit = limitSet.limits().get(0).unit();
        long units = usage.amountOf(unit);
        // While answers are lost, each would cost a batch.
        return units > 0
                && units <= batch.units()
                && scriptClient.areSteady(limitSet.caller())
                && limitSet.limits().stream()
                        .allMatch(encoded -> encoded.unit().equals(unit)
                                && encoded.countsOverTime()
                                && encoded.limit.limit().most() >= batch.units());
    }

    private CompletableFuture<Outcome> ask(Key key, LimitSet limitSet, Usage usage) {
        // Another call may just have been answered.
        if (serves(key, limitSet.caller(), usage)) {
            return CompletableFuture.completedFuture(Outcome.local(limitSet.caller(), Decision.admitted()));
        }
        Lease last = held.get(key);
        if (last != null) {
            last.end();
        }
        long from = clock.nanoTime();
        Instant wallFrom = clock.instant();
        return scriptClient.lease(limitSet, usage, batch).thenApply(outcome -> {
            if (outcome.leaseMicros() > 0) {
                long nanos = Micros.nanos(outcome.leaseMicros());
                nanos -= nanos / DRIFT;
                Unit unit = limitSet.limits().get(0).unit();
                long left = batch.units() - usage.amountOf(unit);
                Instant wallEnd = wallFrom.plusNanos(nanos);
                hold(key, new Lease(outcome, left, from + nanos, wallEnd, lease -> giveBack(key, lease)));
            }
            return outcome;
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
        return scriptClient
                .giveBack(lease.charged(), lease.takeRest())
                .first()
                .whenComplete((done, failure) -> held.remove(key, lease));
    }

    /**
     * Gives back what is unused, and waits until Redis has answered or is too late. It waits for some leases at a time,
     * since of all at once most would be too late. When the time is over, the rest is sent without waiting.
     */
    void close(BooleanSupplier isTime) {
        closed = true;
        List<Lease> last = List.copyOf(held.values());
        for (int i = 0; i < last.size(); i += SLICE) {
            List<Lease> slice = last.subList(i, Math.min(i + SLICE, last.size()));
            slice.forEach(Lease::end);
            if (isTime.getAsBoolean()) {
                CompletableFuture<?>[] returned =
                        slice.stream().map(Lease::returned).toArray(CompletableFuture<?>[]::new);
                scriptClient
                        .executor()
                        .await(CompletableFuture.allOf(returned).thenApply(done -> true), failure -> false);
            }
        }
    }
}
