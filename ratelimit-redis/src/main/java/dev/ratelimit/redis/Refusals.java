package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Refusals that this machine was told lately, so that a client that does not wait costs Redis nothing.
 *
 * <p>A meter that had no room for a call has none for a like one, or a larger one, until the wait is over that it named. It is
 * counted from before Redis was asked, so it is over no later than Redis would say. What others give back in the meantime goes
 * unnoticed: so it is remembered for a bounded time only, and not if something is given back here. The room that was missing is remembered,
 * not the units: a smaller call, or one under a larger amount, is asked for. A larger call is told the wait of the one that was refused,
 * which may be too short for it, and is asked for thereafter; but one that never fits is asked for at once. An endpoint that had to share
 * its meter is refused by what that one refused last, until its own wait is over or the time is.
 *
 * <p>Safe for use by many threads.
 */
final class Refusals {

    private static final int MOST = 10_000;

    /** A meter of an organization. */
    private record Key(String organization, String meter) {}

    /**
     * Which meter refused, and what there was no room for; until when that is remembered, and when the wait is over that was named, if
     * waiting helps.
     */
    private record Refusal(Key meter, long room, long until, long over, boolean forGood) {

        boolean holdsFor(long otherRoom) {
            return otherRoom <= room && (forGood || otherRoom >= 0);
        }
    }

    private final Map<Key, Refusal> refusals = new ConcurrentHashMap<>();
    private final long longestNanos;
    private final LongSupplier nanoTime;

    /** Makes the memory; a longest time of zero remembers nothing. */
    Refusals(Duration longest, LongSupplier nanoTime) {
        this.longestNanos = longest.toNanos();
        this.nanoTime = nanoTime;
    }

    /** Returns the time from which a wait is counted: to be read before Redis is asked. */
    long now() {
        return nanoTime.getAsLong();
    }

    /** Returns the longest refusal of a call that is remembered; null if it must be asked for. */
    @Nullable
    Rejected of(Target target, Usage usage) {
        if (refusals.isEmpty()) {
            return null;
        }
        long now = now();
        String notice = target.caller().tier().message();
        Rule longest = null;
        long longestWait = 0;
        for (Rule rule : target.rules()) {
            Refusal refusal = find(new Key(target.caller().organization(), rule.meter), now);
            if (refusal != null && !rule.limit.shadow() && refusal.holdsFor(rule.room(usage.amountOf(rule.unit())))) {
                if (refusal.forGood) {
                    return rule.rejectedForGood(notice);
                }
                if (refusal.over - now > longestWait) {
                    longest = rule;
                    longestWait = refusal.over - now;
                }
            }
        }
        return longest == null ? null : longest.rejectedFor(longestWait, notice);
    }

    /** Returns what the meter refused last that is behind a key; null if that is over or forgotten. */
    private @Nullable Refusal find(Key key, long now) {
        Refusal found = refusals.get(key);
        if (found != null && found.until - now <= 0) {
            refusals.remove(key, found);
            return null;
        }
        return found == null || found.meter.equals(key) ? found : find(found.meter, now);
    }

    /**
     * Remembers that a limit refused so many units, for so many nanoseconds from a time on; for good, if they are negative.
     *
     * @param asked the limit as it was asked for, with the meter that the endpoint would have by itself
     * @param rule the limit that refused, with the meter that the endpoint must share, if so it is
     */
    void remember(Caller caller, Rule asked, Rule rule, long units, long waitNanos, long from) {
        if (longestNanos > 0) {
            if (refusals.size() >= MOST) {
                refusals.clear();
            }
            boolean forGood = waitNanos < 0;
            long until = from + (forGood ? longestNanos : Math.min(waitNanos, longestNanos));
            Key meter = new Key(caller.organization(), rule.meter);
            Refusal refusal = new Refusal(meter, rule.room(units), until, from + waitNanos, forGood);
            refusals.put(meter, refusal);
            if (asked != rule) {
                // Only says where to look: what is given back to the meter is so forgotten here too.
                refusals.put(new Key(caller.organization(), asked.meter), refusal);
            }
        }
    }

    /** Forgets what a meter refused, since something was given back. */
    void forget(Caller caller, Rule rule) {
        refusals.remove(new Key(caller.organization(), rule.meter));
    }
}
