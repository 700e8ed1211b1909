package dev.ratelimit.kernel;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The log of a limiter, by {@link System.Logger}, which needs no library. Each of 256 subjects has one line a minute,
 * so that no fault and no caller can flood it. A log that fails costs the caller nothing. Safe for use by many threads.
 */
public final class ThrottledLog {

    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    private final LogThrottle lines;
    private final Supplier<System.Logger> logger;

    /**
     * Makes a log.
     *
     * @param time its monotonic clock tells when a line is due
     * @param logger the name of the logger
     */
    public ThrottledLog(TimeSource time, String logger) {
        this(time, () -> System.getLogger(logger));
    }

    /**
     * Makes a log.
     *
     * @param time its monotonic clock tells when a line is due
     * @param logger gives the logger, when there is a line to write: a host pays for no logging that it does not need
     */
    public ThrottledLog(TimeSource time, Supplier<System.Logger> logger) {
        this.lines = new LogThrottle(BETWEEN_LINES, time);
        this.logger = logger;
    }

    /**
     * Writes a line if one is due, and otherwise counts it.
     *
     * @param level how bad it is
     * @param about what the line is about
     * @param message the line; the number of lines that were left out follows it
     * @param thrown what was thrown, if anything was
     */
    public void log(System.Logger.Level level, Object about, String message, @Nullable Throwable thrown) {
        try {
            lines.offer(about, suppressed -> logger.get().log(level, message + ", suppressed=" + suppressed, thrown));
        } catch (Throwable unloggable) {
            // There is nobody else to tell.
        }
    }
}
