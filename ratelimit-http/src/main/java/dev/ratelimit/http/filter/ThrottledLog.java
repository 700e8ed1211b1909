package dev.ratelimit.http.filter;

import dev.ratelimit.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The log of a filter: a warning a minute at most, so that an outage cannot flood it. A log that fails costs the caller
 * nothing. Safe for use by many threads.
 */
public final class ThrottledLog {

    private static final long BETWEEN_LINES = Duration.ofMinutes(1).toNanos();

    private final TimeSource time;
    private final String logger;
    private final AtomicLong lastLine;
    private final AtomicLong suppressed = new AtomicLong();

    /**
     * Makes a log.
     *
     * @param time its monotonic clock tells when a line is due
     * @param logger the name of the logger
     */
    public ThrottledLog(TimeSource time, String logger) {
        this.time = time;
        this.logger = logger;
        this.lastLine = new AtomicLong(time.nanoTime() - BETWEEN_LINES);
    }

    /**
     * Writes a line if one is due, and otherwise counts it.
     *
     * @param message the line; the number of lines that were left out follows it
     * @param thrown what was thrown
     */
    public void warn(String message, Throwable thrown) {
        try {
            long last = lastLine.get();
            long now = time.nanoTime();
            if (now - last >= BETWEEN_LINES && lastLine.compareAndSet(last, now)) {
                System.getLogger(logger)
                        .log(Level.WARNING, message + ", suppressed=" + suppressed.getAndSet(0), thrown);
            } else {
                suppressed.incrementAndGet();
            }
        } catch (Throwable unloggable) {
            // There is nobody else to tell.
        }
    }
}
