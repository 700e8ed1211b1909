package dev.ratelimit.redis;

import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Notifies listeners of settlements that are delayed or lost. While a notification is pending, further settlements are
 * counted, so that one notification is pending at a time. Safe for use by many threads.
 */
final class SettlementNews {

    private final OutageListeners listeners;
    private final IntSupplier waiting;

    /* Since listeners were told last: how many, and about the last one why. All guarded by this. */
    private long delayed;
    private @Nullable Throwable whyDelayed;
    private long lost;
    private @Nullable Throwable whyLost;
    private boolean telling;

    SettlementNews(OutageListeners listeners, IntSupplier waiting) {
        this.listeners = listeners;
        this.waiting = waiting;
    }

    synchronized void delayed(Throwable why) {
        delayed++;
        whyDelayed = why;
        tellSoon();
    }

    synchronized void lost(Throwable why) {
        lost++;
        whyLost = why;
        tellSoon();
    }

    private void tellSoon() {
        if (!telling) {
            telling = true;
            listeners.later(this::tell);
        }
    }

    private void tell() {
        long moreDelayed;
        Throwable delay;
        long moreLost;
        Throwable loss;
        synchronized (this) {
            telling = false;
            moreDelayed = delayed;
            delay = whyDelayed;
            moreLost = lost;
            loss = whyLost;
            delayed = 0;
            whyDelayed = null;
            lost = 0;
            whyLost = null;
        }
        int number = waiting.getAsInt();
        if (delay != null) {
            listeners.each(listener -> listener.settlementsDelayed(moreDelayed, number, delay));
        }
        if (loss != null) {
            listeners.each(listener -> listener.settlementsLost(moreLost, loss));
        }
    }
}
