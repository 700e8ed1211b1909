package dev.ratelimit.spring.boot;

import dev.ratelimit.RateLimiter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** Says what is missing for {@code ratelimit.backend=redis}: without it the application would lack a limiter. */
@AutoConfiguration(after = RedisAutoConfiguration.class, before = ServletAutoConfiguration.class)
@ConditionalOnBean(name = "ratelimitLimiterSettings")
@ConditionalOnMissingBean(RateLimiter.class)
@ConditionalOnProperty(prefix = "ratelimit", name = "backend", havingValue = "redis")
public class NoRedisAutoConfiguration {

    /** For Spring. */
    public NoRedisAutoConfiguration() {}

    /**
     * Fails the start.
     *
     * @return nothing
     * @throws RateLimitPropertyException always
     */
    @Bean
    public RateLimiter ratelimitLimiter() {
        throw new RateLimitPropertyException(
                "ratelimit.backend",
                "must be redis only where there is a LettuceConnectionFactory: add spring-boot-starter-data-redis,"
                        + " and exclude none of its auto-configurations");
    }
}
