package dev.ratelimit.http;

import dev.ratelimit.Rejected;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Spans of time in which an endpoint is not called, by organization and endpoint; one for each. Of two spans the one
 * with the later end is kept. Spans that are over are dropped when they are met, and all of them whenever there are
 * twice as many as after the last time.
 *
 * <p>Times are of one monotonic clock, in nanoseconds, and are compared by subtraction. Safe for use by many threads.
 */
final class Holds {

    private static final int FIRST_SWEEP = 1_024;

    private record Key(String organization, String endpoint) {}

    private record Hold(long from, long until, Rejected refusal) {

        boolean isOver(long now) {
            return now - until >= 0;
        }
    }

    private final Map<Key, Hold> holds = new ConcurrentHashMap<>();
    private volatile int sweepAt = FIRST_SWEEP;

    /** Holds calls from one time until another, by a refusal with any wait. */
    void hold(String organization, String endpoint, long from, long until, Rejected refusal, long now) {
        if (holds.size() >= sweepAt) {
            holds.values().removeIf(hold -> hold.isOver(now));
            sweepAt = Math.max(FIRST_SWEEP, 2 * holds.size());
        }
        Hold hold = new Hold(from, until, refusal);
        holds.merge(new Key(organization, endpoint), hold, (a, b) -> b.until - a.until >= 0 ? b : a);
    }

    /** Returns the refusal of a call, or null if no span holds it. */
    @Nullable
    Rejected refusal(String organization, String endpoint, long now) {
        if (holds.isEmpty()) {
            return null;
        }
        Key key = new Key(organization, endpoint);
        Hold hold = holds.get(key);
        if (hold == null || now - hold.from < 0) {
            return null;
        }
        if (hold.isOver(now)) {
            holds.remove(key, hold);
            return null;
        }
        return hold.refusal.withRetryAfter(hold.until - now);
    }

    int size() {
        return holds.size();
    }
}
