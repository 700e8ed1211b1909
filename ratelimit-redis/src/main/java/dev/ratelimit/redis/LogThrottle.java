package dev.ratelimit.redis;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The log of the limiters, of which no fault and no caller can make more than a bounded number of lines: one a minute
 * for each of 256 slots, over which what lines are about is spread by its hash. What is left out is counted on the next
 * line of its slot.
 *
 * <p>Safe for use by many threads, and lock-free.
 */
final class LogThrottle {

    private static final int SLOTS = 256;
    private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    /* Of each slot, when its last line was written, and how many were left out since. */
    private final AtomicLongArray slots = new AtomicLongArray(2 * SLOTS);
    private final LongSupplier nanoTime;
    private final Supplier<System.Logger> logger;

    /** Makes a log by a clock. The logger is asked for when there is something to log. */
    LogThrottle(LongSupplier nanoTime, Supplier<System.Logger> logger) {
        this.nanoTime = nanoTime;
        this.logger = logger;
        long due = nanoTime.getAsLong() - INTERVAL_NANOS;
        for (int i = 0; i < SLOTS; i++) {
            slots.set(2 * i, due);
        }
    }

    /**
     * Writes a line about something if one is due, and otherwise counts it. A log that fails is ignored: decisions go
     * on.
     */
    void log(System.Logger.Level level, Object about, String message, @Nullable Throwable thrown) {
        int hash = about.hashCode();
        int slot = 2 * ((hash ^ hash >>> 16) & SLOTS - 1);
        long last = slots.get(slot);
        long now = nanoTime.getAsLong();
        if (now - last >= INTERVAL_NANOS && slots.compareAndSet(slot, last, now)) {
            write(level, message + ", suppressed=" + slots.getAndSet(slot + 1, 0), thrown);
        } else {
            slots.getAndIncrement(slot + 1);
        }
    }

    private void write(System.Logger.Level level, String message, @Nullable Throwable thrown) {
        try {
            logger.get().log(level, message, thrown);
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            // nowhere to tell it
        }
    }
}
