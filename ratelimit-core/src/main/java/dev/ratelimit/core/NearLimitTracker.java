package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.MeterKey;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The limits of an organization that are nearly used up, and when listeners were told so. A listener is told when the
 * share that it asked for is reached, and again only after less was used.
 *
 * <p>That less was used shows when a call finds less, or when one that itself leads from less to more began after the
 * listener was told. (One that began before may take another call's charge for its own.)
 */
final class NearLimitTracker {

    private record Listening(MeterKey limit, int listener) {}

    private final Clocks clocks;

    /** When it was told, by the monotonic clock. */
    private final ConcurrentHashMap<Listening, Long> told = new ConcurrentHashMap<>(1);

    NearLimitTracker(Clocks clocks) {
        this.clocks = clocks;
    }

    /** Tells those listeners whose share was reached by a call that began at some time and charged so many units. */
    void charged(
            CompiledLimit limit,
            Meter meter,
            long units,
            long began,
            Listeners listeners,
            Caller caller,
            String endpoint) {
        long now = clocks.nanoTime();
        long used = meter.used(now);
        long amount = limit.amount + meter.granted(now);
        double[] shares = listeners.nearLimitAt();
        for (int i = 0; i < shares.length; i++) {
            Listening listening = new Listening(limit.key, i);
            double share = shares[i];
            if (!Listeners.isNear(used, amount, share)) {
                Long at = told.get(listening);
                if (at != null && began - at > 0) {
                    told.remove(listening, at);
                }
            } else if (isNews(listening, !Listeners.isNear(used - units, amount, share), began, now)) {
                listeners.onNearLimit(i, caller, endpoint, meter.status(limit, now));
            }
        }
    }

    /* While a limit stays near nothing is news, call after call: that is found without a lock. */
    private boolean isNews(Listening listening, boolean crossed, long began, long now) {
        while (true) {
            Long at = told.get(listening);
            if (at == null) {
                if (told.putIfAbsent(listening, now) == null) {
                    return true;
                }
            } else if (!crossed || began - at <= 0) {
                return false;
            } else if (told.replace(listening, at, now)) {
                return true;
            }
        }
    }
}
