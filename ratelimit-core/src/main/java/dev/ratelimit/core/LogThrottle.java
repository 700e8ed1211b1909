package dev.ratelimit.core;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongConsumer;

/**
 * A limit on the lines of a log: one per interval for each of 256 slots, over which what lines are about is spread by
 * its hash. So what is loud keeps little else from being heard, and memory is bounded.
 *
 * <p>Every offer either writes a line or is counted, once, on the next line of its slot. Lock-free: a line takes one
 * CAS, an offer that is left out one atomic addition (and a failed CAS before it, if it lost the race for a line).
 */
final class LogThrottle {

    static final Duration MAX_INTERVAL = Duration.ofNanos(1L << 60);

    private static final int SLOTS = 256;

    /*
     * Two numbers a slot, next to each other so that an offer touches one cache line: when the last line was written,
     * and how many offers were left out since.
     */
    private final AtomicLongArray slots = new AtomicLongArray(2 * SLOTS);
    private final TimeSource time;
    private final long intervalNanos;

    LogThrottle(Duration interval, TimeSource time) {
        this.time = time;
        this.intervalNanos = interval.toNanos();
        long due = time.nanoTime() - intervalNanos;
        for (int i = 0; i < SLOTS; i++) {
            slots.set(2 * i, due);
        }
    }

    /**
     * Writes a line if one is due, and otherwise counts it.
     *
     * @param about what the line is about
     * @param line writes it, given how many were left out since the last
     */
    void offer(Object about, LongConsumer line) {
        int hash = about.hashCode();
        int slot = 2 * ((hash ^ hash >>> 16) & SLOTS - 1);
        long last = slots.get(slot);
        long now = time.nanoTime();
        if (now - last >= intervalNanos && slots.compareAndSet(slot, last, now)) {
            line.accept(slots.getAndSet(slot + 1, 0));
        } else {
            slots.getAndIncrement(slot + 1);
        }
    }
}
