package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Limit;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.time.ZoneOffset;

/** Limiters that take units ahead for 100 milliseconds. */
abstract class LeasingTest extends ServedTest {

    static final Duration LEASE = Duration.ofMillis(100);
    static final RateLimit SECOND = RateLimit.perSecond(10);
    static final RateLimit MINUTE = RateLimit.perMinute(1_000);
    static final Quota DAY = Quota.of(Unit.CALLS, 1_000, QuotaPeriod.day(ZoneOffset.UTC));

    /** A limiter that takes so many units ahead, on a machine. */
    RedisRateLimiter leasing(long units, Machine machine, Limit... limits) {
        return limiter(leasing(units, machine).tier(tierOf(limits)));
    }

    RedisRateLimiterBuilder leasing(long units, Machine machine) {
        return builder().time(ServerTime.supplied(time)).leases(units, LEASE).leaseTime(machine, machine);
    }

    Machine machine() {
        return new Machine(time, 0);
    }

    static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    static boolean admits(RedisRateLimiter limiter, long calls) {
        return limiter.tryAcquire("acme", "chat", calls(calls)).isAdmitted();
    }

    static long used(RedisRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0).used();
    }

    void assertRoundTrips(long expected, Runnable question) {
        forgetCounts();
        question.run();
        assertThat(sent("evalsha")).isEqualTo(expected);
    }

    void client(String... words) {
        CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
        for (String word : words) {
            args.add(word);
        }
        redis.dispatch(CommandType.CLIENT, new StatusOutput<>(StringCodec.UTF8), args);
    }
}
