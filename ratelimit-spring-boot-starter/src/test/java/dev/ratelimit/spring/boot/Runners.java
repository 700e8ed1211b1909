package dev.ratelimit.spring.boot;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Contexts without a server, for what needs none. */
final class Runners {

    private static final String TIER = """
            tiers[0].name=trial
            tiers[0].tables[0].name=calls per minute
            tiers[0].tables[0].rows[0].all=together
            tiers[0].tables[0].rows[0].limit=5 calls per minute
            """;

    private Runners() {}

    /** Returns a context without a property. */
    static ApplicationContextRunner empty() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        RateLimitAutoConfiguration.class,
                        JdbcAutoConfiguration.class,
                        MemoryAutoConfiguration.class,
                        RedisAutoConfiguration.class,
                        NoRedisAutoConfiguration.class));
    }

    /** Returns a context with a tier "trial" of 5 calls per minute. */
    static ApplicationContextRunner withTrial() {
        return empty().withPropertyValues(
                        TIER.lines().map(line -> "ratelimit." + line).toArray(String[]::new));
    }
}
