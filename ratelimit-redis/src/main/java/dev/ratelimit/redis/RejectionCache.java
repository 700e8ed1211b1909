package dev.ratelimit.redis;

import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.kernel.BoundedCache;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A negative cache of the rejections that this machine got lately. A client that repeats a call without waiting costs
 * Redis nothing.
 *
 * <p>A refusal answers the same question only: the same organization, limits and units. While nothing is charged to
 * those limits or given back, each that refuses does so until a fixed moment. So the limit that refuses longest stays
 * the same until its wait is over, and the wait can be counted down. What this machine charges to one of them or gives
 * back ends the refusal. What other machines charge or give back goes unnoticed for as long as a refusal is remembered.
 *
 * <p>Each meter has a count of changes, and so has the list of an organization's endpoints that no table names: it
 * decides which meters such an endpoint has. A question bears the sum of the counts that it depends on, read before
 * Redis is asked. A change raises its counts before its caller is told of it. Counts only grow: so the sum is the same
 * only if nothing has changed, and a refusal that was decided before a change, and comes after it, answers nothing.
 * Meters whose hashes agree share a count, which only has Redis asked more often.
 *
 * <p>A refusal ends no later than its wait: it lasts from before Redis was asked. The wait that it tells ends when the
 * server's own answer says so: it is counted from when that answer came. The wall clock ends a refusal too, since a
 * machine that is suspended may stop its monotonic clock.
 *
 * <p>The number of refusals is fixed, and names are bounded, so the memory is. What is over goes away, a place with
 * each question. Safe for use by many threads, and lock-free.
 */
final class RejectionCache {

    private static final int PLACES = 4_096;
    private static final int COUNTS = 8_192;

    /** An organization, limits, and the room that each of them must have. */
    private record Question(String base, List<EncodedLimit> encodedLimits, List<Long> rooms) {}

    /**
     * A question, the units of each limit, the changes of what it depends on, and the time by both clocks, all before
     * Redis is asked.
     */
    record Asked(Question question, ToLongFunction<EncodedLimit> units, int changes, long nanoTime, Instant instant) {}

    /**
     * An answer.
     *
     * @param asked what it answers
     * @param encoded the limit that refuses
     * @param nanos for how long it is remembered
     * @param over when the wait is over, by the monotonic clock
     * @param forGood whether no wait helps
     */
    private record Refusal(Asked asked, EncodedLimit encoded, long nanos, long over, boolean forGood) {

        boolean answers(Asked other) {
            return asked.changes == other.changes && lastsAt(other.nanoTime, other.instant);
        }

        boolean lastsAt(long nanoTime, Instant instant) {
            return nanoTime - asked.nanoTime < nanos
                    && !instant.isBefore(asked.instant)
                    && instant.isBefore(asked.instant.plusNanos(nanos));
        }
    }

    private final BoundedCache<Question, Refusal> rejections = new BoundedCache<>(PLACES);
    private final AtomicIntegerArray counts = new AtomicIntegerArray(COUNTS);
    private final long longestNanos;
    private final TimeSource clock;

    /** Makes the memory; a longest time of zero remembers nothing. */
    RejectionCache(Duration longest, TimeSource clock) {
        this.longestNanos = longest.toNanos();
        this.clock = clock;
    }

    /**
     * Takes down a question, before Redis is asked.
     *
     * @param base what the keys of the organization begin with
     */
    Asked asked(String base, LimitSet limitSet, ToLongFunction<EncodedLimit> units) {
        int changes = isUnlisted(limitSet) ? counts.get(countOf(base, RedisKeys.UNLISTED)) : 0;
        List<Long> rooms = new ArrayList<>(limitSet.limits().size());
        for (EncodedLimit encoded : limitSet.limits()) {
            changes += counts.get(countOf(base, encoded.meter));
            rooms.add(encoded.room(units.applyAsLong(encoded)));
        }
        return new Asked(
                new Question(base, limitSet.limits(), rooms), units, changes, clock.nanoTime(), clock.instant());
    }

    /** Returns the refusal that the server would answer with; null if it must be asked. */
    @Nullable
    Rejected of(Asked asked, String notice) {
        rejections.sweep(refusal -> !refusal.lastsAt(asked.nanoTime, asked.instant));
        Refusal found = rejections.get(asked.question);
        if (found == null || !found.answers(asked)) {
            return null;
        }
        long wait = found.forGood ? Waits.NEVER : found.over - asked.nanoTime;
        return found.encoded.rejected(asked.units.applyAsLong(found.encoded), notice, wait, wait);
    }

    /** Remembers that a limit refused, for a wait from now on in nanoseconds, or {@link Waits#NEVER}. */
    void remember(Asked asked, EncodedLimit encoded, long wait) {
        // For how long an endpoint counts with others depends on when these are idle, which only the server knows.
        boolean forGood = wait == Waits.NEVER;
        boolean mayGetItsOwn =
                forGood && encoded.limit.scope() instanceof Scope.Endpoint endpoint && endpoint.isOverflow();
        // A call in flight may end at any time, on any machine.
        if (longestNanos > 0 && !mayGetItsOwn && !encoded.isInFlight()) {
            long nanos = Math.min(wait, longestNanos);
            rejections.put(asked.question, new Refusal(asked, encoded, nanos, clock.nanoTime() + wait, forGood));
        }
    }

    /** Counts the refusals whose time is not over, also those that a change has ended. */
    int number() {
        long nanoTime = clock.nanoTime();
        Instant instant = clock.instant();
        return rejections.count(refusal -> refusal.lastsAt(nanoTime, instant));
    }

    /** Ends the refusals that depend on some limits: something was charged to them or given back, or may have been. */
    void end(String base, LimitSet limitSet) {
        if (isUnlisted(limitSet)) {
            counts.incrementAndGet(countOf(base, RedisKeys.UNLISTED));
        }
        limitSet.limits().forEach(encoded -> counts.incrementAndGet(countOf(base, encoded.meter)));
    }

    /**
     * Tells whether the list of the endpoints that no table names decides which meters an endpoint has, or may change
     * with it.
     */
    private static boolean isUnlisted(LimitSet limitSet) {
        return limitSet.list().equals(RedisKeys.UNLISTED) || limitSet.name().equals(RedisKeys.OVERFLOW);
    }

    private static int countOf(String base, String meter) {
        int hash = 31 * base.hashCode() + meter.hashCode();
        return (hash ^ hash >>> 16) & (COUNTS - 1);
    }
}
