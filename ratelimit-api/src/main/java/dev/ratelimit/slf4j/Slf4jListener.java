package dev.ratelimit.slf4j;

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
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A listener that writes to an SLF4J log, at a bounded rate, what a limiter rejects or would reject; and what the
 * people who support customers did.
 *
 * <pre>{@code
 * Slf4jListener listener = Slf4jListener.builder().nearLimitAt(0.8).build();
 * }</pre>
 *
 * <p>The message of a line says what happened. The same stands in key-value pairs besides:
 *
 * <table>
 * <caption>Lines</caption>
 * <tr><th>level</th><th>message, for example</th><th>keys</th></tr>
 * <tr><td>WARN, unless stated</td><td>rejected acme chat: 20 calls per minute, retry after 3 s</td>
 *   <td>organization, endpoint, table, limit, cause, retryAfter, suppressed</td></tr>
 * <tr><td>INFO</td><td>would reject acme chat: 20 calls per minute, retry after 3 s</td>
 *   <td>organization, endpoint, table, limit, cause, retryAfter, suppressed</td></tr>
 * <tr><td>INFO</td><td>near the limit acme chat: 20 calls per minute, used 16, remaining 4</td>
 *   <td>organization, endpoint, table, limit, used, remaining, suppressed</td></tr>
 * <tr><td>INFO</td><td>granted to acme: 1,000 calls per calendar month, granted 50, used 900, remaining 150</td>
 *   <td>organization, account, table, limit, scope, granted, used, remaining</td></tr>
 * <tr><td>INFO</td><td>carried over to acme: 1,000 calls per calendar month, used 700, remaining 300</td>
 *   <td>organization, account, table, limit, scope, used, remaining</td></tr>
 * <tr><td>INFO</td><td>reset acme</td><td>organization</td></tr>
 * <tr><td>INFO</td><td>forgot acme</td><td>organization</td></tr>
 * </table>
 *
 * <p>{@code retryAfter} is a {@link Duration}; it is missing where waiting does not help. The message rounds it up.
 * {@code table} and {@code limit} are missing where the cause is none of the tier's limits. {@code member} is the
 * {@link dev.ratelimit.Member} whose limit it is, and missing where it is the organization's. {@code shadow} is true
 * where the limit refuses nothing, and missing elsewhere. Names are {@linkplain dev.ratelimit printable}: whatever
 * callers make up, a line stays one line of a bounded length. Keys that callers authenticate with are never logged.
 *
 * <p><b>The bound.</b> There is at most one line per interval, one minute unless stated, for each organization that is
 * rejected, and for each organization and limit that would reject or is nearly used up. There are at most 256 lines of
 * each of these kinds per interval. What the host does by hand is always logged. {@code suppressed} is how many lines
 * were left out since the line before; the message states it unless it is 0. A hash of what lines are about spreads
 * them over 256 slots; those that share a slot share its line and its count. Every rejection is logged or counted,
 * exactly once. But a count is seen only when the next line of its slot is due and written: metrics and alerts should
 * rather come from a listener of their own.
 *
 * <p>Needs SLF4J 2, which the host brings; a host that is a module requires {@code org.slf4j} itself. No class outside
 * this package needs it.
 *
 * <p>Safe for use by many threads. Wait-free where a line is left out or its level is off; a line takes as long as the
 * log does.
 */
public final class Slf4jListener implements RateLimitListener {

    private final Logger logger;
    private final Level rejectionsAt;
    private final List<Double> nearLimitAt;
    private final LogThrottle rejections;
    private final LogThrottle shadowRejections;
    private final LogThrottle nearLimits;

    private Slf4jListener(Builder builder) {
        this.logger = builder.logger;
        this.rejectionsAt = builder.rejectionsAt;
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
        if (logger.isEnabledForLevel(rejectionsAt)) {
            rejections.offer(
                    caller.organization(),
                    suppressed ->
                            refuse(logger.atLevel(rejectionsAt), "rejected ", caller, endpoint, rejected, suppressed));
        }
    }

    @Override
    public void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        if (logger.isInfoEnabled()) {
            shadowRejections.offer(
                    List.of(caller.organization(), rejected.cause()),
                    suppressed -> refuse(logger.atInfo(), "would reject ", caller, endpoint, rejected, suppressed));
        }
    }

    @Override
    public List<Double> nearLimitAt() {
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
                            .log("near the limit " + call(caller, endpoint) + ": " + use(status) + more(suppressed)));
        }
    }

    @Override
    public void onGranted(Caller caller, LimitStatus status) {
        limit(account(caller), status.applied())
                .addKeyValue("scope", status.applied().scope().toString())
                .addKeyValue("granted", status.granted())
                .addKeyValue("used", status.used())
                .addKeyValue("remaining", status.remaining())
                .log("granted to " + Printable.name(caller.organization()) + ": " + use(status));
    }

    @Override
    public void onCarriedOver(Caller caller, Caller former, List<LimitStatus> charged) {
        for (LimitStatus status : charged) {
            limit(account(caller), status.applied())
                    .addKeyValue("scope", status.applied().scope().toString())
                    .addKeyValue("used", status.used())
                    .addKeyValue("remaining", status.remaining())
                    .log("carried over to " + Printable.name(caller.organization()) + ": " + use(status));
        }
    }

    @Override
    public void onReset(String organization) {
        String name = Printable.name(organization);
        logger.atInfo().addKeyValue("organization", name).log("reset " + name);
    }

    @Override
    public void onForgotten(String organization) {
        String name = Printable.name(organization);
        logger.atInfo().addKeyValue("organization", name).log("forgot " + name);
    }

    private static void refuse(
            LoggingEventBuilder line, String verb, Caller caller, String endpoint, Rejected rejected, long suppressed) {
        LoggingEventBuilder call = call(line, caller, endpoint);
        String what = rejected.cause().message();
        String wait = "";
        if (rejected.cause() instanceof LimitReached reached) {
            call = limit(call, reached.applied());
            what = inWords(reached.applied());
            wait = ", no wait helps";
        }
        call = call.addKeyValue("cause", rejected.cause().message());
        if (rejected.retryAfter().isPresent()) {
            Duration retryAfter = rejected.retryAfter().get();
            call = call.addKeyValue("retryAfter", retryAfter);
            wait = ", retry after " + inWords(retryAfter);
        }
        call.addKeyValue("suppressed", suppressed)
                .log(verb + call(caller, endpoint) + ": " + what + wait + more(suppressed));
    }

    private static String call(Caller caller, String endpoint) {
        return Printable.name(caller.organization()) + " " + Printable.name(endpoint);
    }

    private static String use(LimitStatus status) {
        String granted = status.granted() == 0 ? "" : ", granted " + status.granted();
        return inWords(status.applied()) + granted + ", used " + status.used() + ", remaining " + status.remaining();
    }

    private static String inWords(AppliedLimit applied) {
        return applied.limit().inWords()
                + applied.member().map(member -> " of " + member).orElse("");
    }

    private static String more(long suppressed) {
        return suppressed == 0 ? "" : ", suppressed " + suppressed;
    }

    /** Returns a wait, rounded up, in at most two units. */
    private static String inWords(Duration wait) {
        long millis = wait.plusNanos(999_999).toMillis();
        if (millis < 1_000) {
            return millis + " ms";
        }
        long seconds = (millis + 999) / 1_000;
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return inWords(seconds, 60, " min", " s");
        }
        long minutes = (seconds + 59) / 60;
        return minutes < 1_440 ? inWords(minutes, 60, " h", " min") : inWords((minutes + 59) / 60, 24, " d", " h");
    }

    private static String inWords(long small, int smallOfLarge, String large, String rest) {
        String left = small % smallOfLarge == 0 ? "" : " " + small % smallOfLarge + rest;
        return small / smallOfLarge + large + left;
    }

    private LoggingEventBuilder account(Caller caller) {
        return logger.atInfo()
                .addKeyValue("organization", Printable.name(caller.organization()))
                .addKeyValue("account", Printable.name(caller.tier().account()));
    }

    private static LoggingEventBuilder call(LoggingEventBuilder line, Caller caller, String endpoint) {
        return line.addKeyValue("organization", Printable.name(caller.organization()))
                .addKeyValue("endpoint", Printable.name(endpoint));
    }

    private static LoggingEventBuilder limit(LoggingEventBuilder line, AppliedLimit limit) {
        LoggingEventBuilder limited = line.addKeyValue("table", Printable.name(limit.table()))
                .addKeyValue("limit", limit.limit().inWords());
        LoggingEventBuilder ofMember = limit.member()
                .map(member -> limited.addKeyValue("member", member.toString()))
                .orElse(limited);
        return limit.shadow() ? ofMember.addKeyValue("shadow", true) : ofMember;
    }

    /** Builds an {@link Slf4jListener}. Not safe for use by many threads. */
    public static final class Builder {

        private Logger logger = LoggerFactory.getLogger(Slf4jListener.class);
        private Level rejectionsAt = Level.WARN;
        private Duration interval = Duration.ofMinutes(1);
        private List<Double> nearLimitAt = List.of();
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /**
         * Sets the name of the logger to write to; that of the class {@code Slf4jListener} unless stated.
         *
         * @param logger the logger's name
         * @return this builder
         */
        public Builder logger(String logger) {
            return logger(LoggerFactory.getLogger(requireNonNull(logger, "logger")));
        }

        /**
         * Sets the logger to write to.
         *
         * @param logger the logger
         * @return this builder
         */
        @SuppressWarnings("exports") // a host that has the logger's type reads its module
        public Builder logger(Logger logger) {
            this.logger = requireNonNull(logger, "logger");
            return this;
        }

        /**
         * Sets the level of rejections; {@code WARN} unless stated.
         *
         * @param level the level
         * @return this builder
         */
        @SuppressWarnings("exports") // a host that has the level's type reads its module
        public Builder rejectionsAt(Level level) {
            this.rejectionsAt = requireNonNull(level, "level");
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
         * @param shares the shares of an amount at which it is nearly used up, above 0 and up to 1
         * @return this builder
         * @throws IllegalArgumentException if a share is out of its range
         */
        public Builder nearLimitAt(double... shares) {
            this.nearLimitAt =
                    Arrays.stream(shares).map(Listeners::requireShare).boxed().toList();
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
            return new Slf4jListener(this);
        }
    }
}
