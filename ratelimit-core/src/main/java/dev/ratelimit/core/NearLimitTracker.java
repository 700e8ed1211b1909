package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.MeterKey;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tracks which limits of an organization are nearly used up, and when listeners were notified of it.
 *
 * <p>A listener is notified when its share of an amount is reached, and again only after less was used. Less was used
 * in two cases: a call finds less, or a call leads from less to more itself and began after the listener was notified.
 * (A call that began before may take another call's charge for its own.)
 *
 * <p>Safe for use by many threads, and lock-free while a limit stays near.
 */
final class NearLimitTracker {

    private record Listening(MeterKey limit, int listener) {}

    private final Clocks clocks;

    /** The reading of the monotonic clock at which a listener was notified. */
    private final ConcurrentHashMap<Listening, Long> told = new ConcurrentHashMap<>(1);

    NearLimitTracker(Clocks clocks) {
        this.clocks = clocks;
    }

    /**
     * Notifies the listeners whose share was reached by a call. The call began at a reading of the clock and charged
     * units.
     */
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
            if (!listeners.isTold(i, limit.applied.limit())) {
                continue;
            }
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
