package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.LogThrottle;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A listener that writes what a limiter refuses, or would refuse, to an SLF4J log at a bounded rate; and what support did.
 *
 * <pre>{@code
 * Slf4jListener listener = Slf4jListener.builder().nearLimitAt(0.8).build();
 * }</pre>
 *
 * <p>Each line is a fixed message with key-value pairs:
 *
 * <table>
 * <caption>Lines</caption>
 * <tr><th>level</th><th>message</th><th>keys</th></tr>
 * <tr><td>WARN</td><td>Rejected</td>
 *   <td>organization, endpoint, table, limit, cause, retryAfter, suppressed</td></tr>
 * <tr><td>INFO</td><td>Would reject</td>
 *   <td>organization, endpoint, table, limit, cause, retryAfter, suppressed</td></tr>
 * <tr><td>INFO</td><td>Near the limit</td>
 *   <td>organization, endpoint, table, limit, used, remaining, suppressed</td></tr>
 * <tr><td>INFO</td><td>Granted</td><td>organization, account, table, limit, scope, granted, used, remaining</td></tr>
 * <tr><td>INFO</td><td>Carried over</td><td>organization, account, table, limit, scope, used, remaining</td></tr>
 * <tr><td>INFO</td><td>Reset an organization</td><td>organization</td></tr>
 * <tr><td>INFO</td><td>Forgot an organization</td><td>organization</td></tr>
 * </table>
 *
 * <p>{@code retryAfter} is a {@link Duration}, and missing where waiting does not help; {@code table} and {@code limit} are missing
 * where the cause is none of the tier's limits; {@code shadow} is true where the limit refuses nothing, and missing elsewhere. Names are
 * {@linkplain dev.ratelimit printable}: whatever callers make up, a line stays one line of a bounded length. Keys that callers authenticate
 * with are never logged.
 *
 * <p><b>The bound.</b> There is at most one line per interval, one minute unless stated, for each organization that is refused, and for
 * each organization and limit that would refuse or is nearly used up; and at most 256 of each of these kinds in all. What support does is
 * always logged.
 * {@code suppressed} is how many were left out since the line before. Lines are spread over 256 slots by a hash of what they are about; those
 * that share a slot share its line and its count. Every refusal is logged or counted, exactly once, but a count is seen only when the next
 * line of its slot is due and written: metrics and alerts should rather come from a listener of their own.
 *
 * <p>Needs SLF4J 2, which the host brings; a host that is a module requires {@code org.slf4j} itself. No other class needs it.
 *
 * <p>Safe for use by many threads. Wait-free where a line is left out or its level is off; a line takes as long as the log does.
 */
public final class Slf4jListener implements RateLimitListener {

    private final Logger logger;
    private final OptionalDouble nearLimitAt;
    private final LogThrottle rejections;
    private final LogThrottle shadowRejections;
    private final LogThrottle nearLimits;

    Slf4jListener(Logger logger, Builder builder) {
        this.logger = logger;
        this.nearLimitAt = builder.nearLimitAt;
        this.rejections = new LogThrottle(builder.interval, builder.time);
        this.shadowRejections = new LogThrottle(builder.interval, builder.time);
        this.nearLimits = new LogThrottle(builder.interval, builder.time);
    }

    /**
     * Begins a listener.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        if (logger.isWarnEnabled()) {
            rejections.offer(
                    caller.organization(),
                    suppressed -> refusal(logger.atWarn(), caller, endpoint, rejected, suppressed)
                            .log("Rejected"));
        }
    }

    @Override
    public void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        if (logger.isInfoEnabled()) {
            shadowRejections.offer(
                    List.of(caller.organization(), rejected.cause()),
                    suppressed -> refusal(logger.atInfo(), caller, endpoint, rejected, suppressed)
                            .log("Would reject"));
        }
    }

    @Override
    public OptionalDouble nearLimitAt() {
        return nearLimitAt;
    }

    @Override
    public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
        if (logger.isInfoEnabled()) {
            // By limit too: a limit that fills up every minute must not hide one that does once a month.
            nearLimits.offer(
                    List.of(caller.organization(), status.applied()),
                    suppressed -> limit(call(logger.atInfo(), caller, endpoint), status.applied())
                            .addKeyValue("used", status.used())
                            .addKeyValue("remaining", status.remaining())
                            .addKeyValue("suppressed", suppressed)
                            .log("Near the limit"));
        }
    }

    @Override
    public void onGranted(Caller caller, LimitStatus status) {
        LoggingEventBuilder line = logger.atInfo()
                .addKeyValue("organization", Printable.name(caller.organization()))
                .addKeyValue("account", Printable.name(caller.tier().account()));
        limit(line, status.applied())
                .addKeyValue("scope", status.applied().scope().toString())
                .addKeyValue("granted", status.granted())
                .addKeyValue("used", status.used())
                .addKeyValue("remaining", status.remaining())
                .log("Granted");
    }

    @Override
    public void onCarriedOver(Caller caller, Caller former, List<LimitStatus> charged) {
        for (LimitStatus status : charged) {
            LoggingEventBuilder line = logger.atInfo()
                    .addKeyValue("organization", caller.organization())
                    .addKeyValue("account", caller.tier().account());
            limit(line, status.applied())
                    .addKeyValue("scope", status.applied().scope().toString())
                    .addKeyValue("used", status.used())
                    .addKeyValue("remaining", status.remaining())
                    .log("Carried over");
        }
    }

    @Override
    public void onReset(String organization) {
        logger.atInfo()
                .addKeyValue("organization", Printable.name(organization))
                .log("Reset an organization");
    }

    @Override
    public void onForgotten(String organization) {
        logger.atInfo()
                .addKeyValue("organization", Printable.name(organization))
                .log("Forgot an organization");
    }

    private static LoggingEventBuilder refusal(
            LoggingEventBuilder line, Caller caller, String endpoint, Rejected rejected, long suppressed) {
        LoggingEventBuilder call = call(line, caller, endpoint);
        LoggingEventBuilder limited =
                rejected.cause() instanceof LimitReached reached ? limit(call, reached.applied()) : call;
        LoggingEventBuilder caused =
                limited.addKeyValue("cause", rejected.cause().message());
        return rejected.retryAfter()
                .map(wait -> caused.addKeyValue("retryAfter", wait))
                .orElse(caused)
                .addKeyValue("suppressed", suppressed);
    }

    private static LoggingEventBuilder call(LoggingEventBuilder line, Caller caller, String endpoint) {
        return line.addKeyValue("organization", Printable.name(caller.organization()))
                .addKeyValue("endpoint", Printable.name(endpoint));
    }

    private static LoggingEventBuilder limit(LoggingEventBuilder line, AppliedLimit limit) {
        LoggingEventBuilder limited = line.addKeyValue("table", Printable.name(limit.table()))
                .addKeyValue("limit", limit.limit().inWords());
        return limit.shadow() ? limited.addKeyValue("shadow", true) : limited;
    }

    /** Builds an {@link Slf4jListener}. Not safe for use by many threads. */
    public static final class Builder {

        private String logger = Slf4jListener.class.getName();
        private Duration interval = Duration.ofMinutes(1);
        private OptionalDouble nearLimitAt = OptionalDouble.empty();
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /**
         * Sets the name of the logger to write to; that of the class {@code Slf4jListener} unless stated.
         *
         * @param logger the logger's name
         * @return this builder
         */
        public Builder logger(String logger) {
            this.logger = requireNonNull(logger, "logger");
            return this;
        }

        /**
         * Sets the least time between two lines about the same; one minute unless stated.
         *
         * @param interval the time between lines, more than 0 and at most 2<sup>60</sup> nanoseconds (36.5 years)
         * @return this builder
         * @throws IllegalArgumentException if the interval is out of its range
         */
        public Builder atMostEvery(Duration interval) {
            requireNonNull(interval, "interval");
            if (interval.compareTo(Duration.ZERO) <= 0 || interval.compareTo(LogThrottle.MAX_INTERVAL) > 0) {
                throw new IllegalArgumentException("interval must be > 0 and <= 2^60 ns: interval=" + interval);
            }
            this.interval = interval;
            return this;
        }

        /**
         * Lets limits that are nearly used up be logged; they are not unless a share is stated.
         *
         * @param share the share of an amount from which on it is nearly used up, above 0 and up to 1
         * @return this builder
         * @throws IllegalArgumentException if the share is out of its range
         */
        public Builder nearLimitAt(double share) {
            this.nearLimitAt = OptionalDouble.of(Listeners.requireShare(share));
            return this;
        }

        /**
         * Sets the clock that the bound on lines goes by, the monotonic one; that of the JVM unless stated.
         *
         * @param time the clocks
         * @return this builder
         */
        public Builder timeSource(TimeSource time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /**
         * Makes the listener.
         *
         * @return a listener for a limiter's builder
         */
        public Slf4jListener build() {
            return new Slf4jListener(LoggerFactory.getLogger(logger), this);
        }
    }
}
