package dev.ratelimit.spring.boot;

import dev.ratelimit.PerCallLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.micrometer.RateLimitMetrics;
import dev.ratelimit.micrometer.RedisLimiterMetrics;
import dev.ratelimit.redis.RedisRateLimiter;
import dev.ratelimit.redis.RedisRateLimiterBuilder;
import dev.ratelimit.spring.boot.BackendProperties.Redis;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.cluster.RedisClusterClient;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * Makes the limiter of {@code ratelimit.backend=redis}: on the client of the application, with a connection of its own.
 */
@AutoConfiguration(
        after = RateLimitAutoConfiguration.class,
        before = MemoryAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.autoconfigure.data.redis.RedisAutoConfiguration",
            "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration"
        })
@ConditionalOnClass({LettuceConnectionFactory.class, RedisClient.class})
@ConditionalOnBean(value = LettuceConnectionFactory.class, name = "ratelimitLimiterSettings")
@ConditionalOnMissingBean(RateLimiter.class)
@ConditionalOnProperty(prefix = "ratelimit", name = "backend", havingValue = "redis")
public class RedisAutoConfiguration {

    /** For Spring. */
    public RedisAutoConfiguration() {}

    /**
     * Makes the limiter. A Redis that is away does not hinder the start.
     *
     * @param ratelimitLimiterSettings the settings
     * @param connections has the client
     * @return the limiter
     */
    @Bean(destroyMethod = "") // the lifecycle closes it
    public RedisRateLimiter ratelimitLimiter(
            LimiterSettings ratelimitLimiterSettings, LettuceConnectionFactory connections) {
        Redis redis = ratelimitLimiterSettings.backend().redis();
        RedisRateLimiterBuilder builder = builder(connections);
        Findings findings = new Findings();
        findings.attempt("ratelimit.redis.timeout", () -> builder.timeout(redis.timeout()));
        findings.attempt("ratelimit.redis.probe-every", () -> builder.probeEvery(redis.probeEvery()));
        findings.attempt("ratelimit.redis.key-prefix", () -> builder.keyPrefix(redis.keyPrefix()));
        findings.throwIfAny();
        switch (redis.outage()) {
            case FAIL_OPEN -> builder.failOpen();
            case FAIL_CLOSED -> builder.failClosed();
            case FALLBACK -> {
                BigDecimal share =
                        redis.fallbackShare() == null ? BigDecimal.ONE : BigDecimal.valueOf(redis.fallbackShare());
                builder.fallBackTo(ratelimitLimiterSettings.fallback(), tier -> shareOf(tier, share));
            }
        }
        return ratelimitLimiterSettings.apply(builder).build();
    }

    private static RedisRateLimiterBuilder builder(LettuceConnectionFactory connections) {
        if (connections.getNativeClient() == null) {
            connections.start(); // a factory that the application has told to start late
        }
        AbstractRedisClient client = connections.getRequiredNativeClient();
        return client instanceof RedisClusterClient cluster
                ? RedisRateLimiter.builder(cluster)
                : RedisRateLimiter.builder((RedisClient) client);
    }

    /** Returns a tier of a share of each amount, rounded down. */
    private static Tier shareOf(Tier tier, BigDecimal share) {
        return tier.withLimits(limit -> limit instanceof PerCallLimit
                ? limit
                : limit.withAmount(share.multiply(BigDecimal.valueOf(limit.amount()))
                        .setScale(0, RoundingMode.DOWN)
                        .longValueExact()));
    }

    /**
     * Ends the limiter before its client ends, and after the last request: what it has yet to settle is sent.
     *
     * @param ratelimitLimiter the limiter
     * @return what ends it
     */
    @Bean
    SmartLifecycle ratelimitRedisLifecycle(RedisRateLimiter ratelimitLimiter) {
        return new ClosingLifecycle(ratelimitLimiter::close);
    }

    /**
     * Tells what the limiter holds.
     *
     * @param ratelimitLimiter the limiter
     * @return the gauges
     */
    @Bean
    @ConditionalOnBean(RateLimitMetrics.class)
    public RedisLimiterMetrics ratelimitLimiterMetrics(RedisRateLimiter ratelimitLimiter) {
        return RedisLimiterMetrics.of(ratelimitLimiter);
    }
}
