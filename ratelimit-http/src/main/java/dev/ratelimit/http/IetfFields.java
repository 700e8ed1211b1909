package dev.ratelimit.http;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.http.Policies.Policy;
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
     * @param policies what was told of limits before
     */
    static void write(List<ToldLimit> limits, long latest, Policies policies, BiConsumer<String, String> sink) {
        int number = Math.min(MAX_ITEMS, limits.size());
        String[] texts = new String[number];
        String states = "";
        for (int i = 0; i < number; i++) {
            ToldLimit told = limits.get(i);
            Policy policy = policies.of(told.applied(), IetfFields::policy);
            texts[i] = told.status().granted() == 0 ? policy.text() : text(policy.name(), told.limit(), told.most());
            if (told.isCounted()) {
                states = withState(states, policy.name(), told, latest);
            }
        }
        if (number > 0) {
            sink.accept("RateLimit-Policy", policies.joined(texts));
        }
        if (!states.isEmpty()) {
            sink.accept("RateLimit", states);
        }
    }

    /** Tells whether the unit of a limit is one that the draft registers. */
    static boolean hasRegisteredUnit(ToldLimit told) {
        Limit limit = told.limit();
        return limit.unit().equals(Unit.CALLS)
                || (limit.unit().equals(CONTENT_BYTES) && !(limit instanceof ConcurrencyLimit));
    }

    private static Policy policy(AppliedLimit applied) {
        String name = '"' + PolicyName.of(applied) + '"';
        return new Policy(
                applied, name, text(name, applied.limit(), applied.limit().most()));
    }

    private static String text(String name, Limit limit, long most) {
        StringBuilder text = new StringBuilder(name).append(";q=").append(Numbers.clamped(most));
        span(limit)
                .filter(span -> span.compareTo(ONE_SECOND) >= 0)
                .ifPresent(span -> text.append(";w=").append(Numbers.seconds(span)));
        if (!limit.unit().equals(Unit.CALLS)) {
            text.append(";qu=\"").append(PolicyName.of(limit.unit().name())).append('"');
        } else if (limit instanceof ConcurrencyLimit) {
            text.append(";qu=\"concurrent-requests\"");
        }
        if (limit instanceof PerCallLimit) {
            text.append(";ratelimit-per-call");
        }
        return text.toString();
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

    private static String withState(String states, String name, ToldLimit told, long latest) {
        String separator = states.isEmpty() ? "" : ", ";
        long remaining = Numbers.clamped(told.status().remaining());
        Optional<Duration> wait = told.untilMore();
        if (wait.isEmpty() || Numbers.seconds(wait.get()) > latest) {
            return states + separator + name + ";r=" + remaining;
        }
        return states + separator + name + ";r=" + remaining + ";t=" + Numbers.seconds(wait.get());
    }
}
