package dev.ratelimit.http;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * {@code RateLimit-Policy} and {@code RateLimit}, lists of strings with parameters.
 *
 * <p>An item has a name of at most 66 characters in its quotes, and as much for its unit. Its numbers take at most 15
 * digits each, so four items with all parameters stay below 1,024 bytes.
 */
final class IetfFields {

    /** The most limits that a field tells of. */
    static final int MAX_ITEMS = 4;

    private static final Unit CONTENT_BYTES = new Unit("content-bytes");

    private static final Duration ONE_SECOND = Duration.ofSeconds(1);

    private IetfFields() {}

    /**
     * Writes both fields; neither, if there is nothing to tell.
     *
     * @param limits the limits, the most telling first
     * @param latest what lies later is not told of a time, in seconds
     */
    static void write(List<ToldLimit> limits, long latest, BiConsumer<String, String> sink) {
        StringBuilder policies = new StringBuilder();
        StringBuilder states = new StringBuilder();
        for (ToldLimit limit : limits.subList(0, Math.min(MAX_ITEMS, limits.size()))) {
            String name = '"' + PolicyName.of(limit.applied()) + '"';
            policy(begin(policies, name), limit);
            if (limit.isCounted()) {
                state(begin(states, name), limit, latest);
            }
        }
        if (policies.length() > 0) {
            sink.accept("RateLimit-Policy", policies.toString());
        }
        if (states.length() > 0) {
            sink.accept("RateLimit", states.toString());
        }
    }

    /** Tells whether the unit of a limit is one that the draft registers. */
    static boolean hasRegisteredUnit(ToldLimit told) {
        Limit limit = told.limit();
        return limit.unit().equals(Unit.CALLS)
                || (limit.unit().equals(CONTENT_BYTES) && !(limit instanceof ConcurrencyLimit));
    }

    private static StringBuilder begin(StringBuilder field, String name) {
        return field.append(field.length() == 0 ? "" : ", ").append(name);
    }

    private static void policy(StringBuilder field, ToldLimit told) {
        Limit limit = told.limit();
        field.append(";q=").append(Numbers.clamped(told.most()));
        span(limit)
                .filter(span -> span.compareTo(ONE_SECOND) >= 0)
                .ifPresent(span -> field.append(";w=").append(Numbers.seconds(span)));
        if (!limit.unit().equals(Unit.CALLS)) {
            field.append(";qu=\"").append(PolicyName.of(limit.unit().name())).append('"');
        } else if (limit instanceof ConcurrencyLimit) {
            field.append(";qu=\"concurrent-requests\"");
        }
        if (limit instanceof PerCallLimit) {
            field.append(";ratelimit-per-call");
        }
    }

    private static Optional<Duration> span(Limit limit) {
        if (limit instanceof RateLimit window) {
            return Optional.of(window.window());
        } else if (limit instanceof Quota quota) {
            return quota.period().fixedLength();
        } else if (limit instanceof TokenBucket bucket && bucket.amount() > 0) {
            BigInteger amount = BigInteger.valueOf(bucket.amount());
            // A bucket fills in at most 2^60 nanoseconds, and a nanosecond of a part is lost.
            return Optional.of(Duration.ofNanos(BigInteger.valueOf(bucket.capacity())
                    .multiply(BigInteger.valueOf(bucket.per().toNanos()))
                    .add(amount.subtract(BigInteger.ONE))
                    .divide(amount)
                    .longValueExact()));
        }
        return Optional.empty();
    }

    private static void state(StringBuilder field, ToldLimit told, long latest) {
        field.append(";r=").append(Numbers.clamped(told.status().remaining()));
        told.untilMore()
                .map(Numbers::seconds)
                .filter(seconds -> seconds <= latest)
                .ifPresent(seconds -> field.append(";t=").append(seconds));
    }
}
