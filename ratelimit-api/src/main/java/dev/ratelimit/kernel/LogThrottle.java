package dev.ratelimit.kernel;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongConsumer;

/**
 * Bounds the lines of a log: one line per interval for each of 256 slots. The hash of what a line is about chooses the
 * slot. So a loud subject hides few others, and memory is bounded.
 *
 * <p>Each offer writes a line, or is counted once by the next line of its slot. Safe for use by many threads.
 * Lock-free: a line takes one CAS; an offer that is left out takes one atomic addition, and a failed CAS if it lost a
 * race.
 */
public final class LogThrottle {

    /** The longest interval. */
    public static final Duration MAX_INTERVAL = Duration.ofNanos(1L << 60);

    private static final int SLOTS = 256;

    /*
     * Two numbers for each slot: when its last line was written, and how many offers were left out since. They are next
     * to each other, so that an offer touches one cache line.
     */
    private final AtomicLongArray slots = new AtomicLongArray(2 * SLOTS);
    private final TimeSource time;
    private final long intervalNanos;

    /**
     * Makes a throttle.
     *
     * @param interval the least time between two lines of a slot, at most {@link #MAX_INTERVAL}
     * @param time its monotonic clock tells when a line is due
     */
    public LogThrottle(Duration interval, TimeSource time) {
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
     * @param line writes it, given how many offers of its slot were left out since the last line
     */
    public void offer(Object about, LongConsumer line) {
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
