package dev.ratelimit.core;

import dev.ratelimit.Caller;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The limits of an organization that are nearly used up, and the listeners that were told so. A listener is told when the share that it
 * asked for is reached, and again only after less was used; a call that itself went from less to more shows that.
 */
final class NearLimits {

    /** By key of a meter, a bit for each listener that was told. */
    private final ConcurrentHashMap<Rule.Key, Long> told = new ConcurrentHashMap<>(1);

    /** Tells those listeners whose share a charge of so many units has reached. */
    void charged(Rule rule, Meter meter, long units, long now, Listeners listeners, Caller caller, String endpoint) {
        long used = meter.used(now);
        for (int i = 0; i < listeners.nearLimitAt.length; i++) {
            double share = listeners.nearLimitAt[i];
            boolean near = isNear(used, rule.amount, share);
            boolean wasNear = isNear(used - units, rule.amount, share);
            if (near ? set(rule.key, 1L << i) || !wasNear : clear(rule.key, 1L << i)) {
                listeners.nearLimit(i, caller, endpoint, meter.status(rule, now));
            }
        }
    }

    private static boolean isNear(long used, long amount, double share) {
        return used > 0 && used / (double) amount >= share;
    }

    /** Returns whether the bit was not set before. */
    private boolean set(Rule.Key key, long bit) {
        Long before = told.get(key);
        if (before != null && (before & bit) != 0) {
            return false;
        }
        boolean[] changed = {false};
        told.compute(key, (same, bits) -> {
            long known = bits == null ? 0 : bits;
            changed[0] = (known & bit) == 0;
            return known | bit;
        });
        return changed[0];
    }

    private boolean clear(Rule.Key key, long bit) {
        told.computeIfPresent(key, (same, bits) -> (bits & ~bit) == 0 ? null : bits & ~bit);
        return false;
    }
}
