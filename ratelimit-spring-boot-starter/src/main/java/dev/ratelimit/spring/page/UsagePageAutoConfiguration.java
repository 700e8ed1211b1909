package dev.ratelimit.spring.page;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.boot.FilterSettings;
import dev.ratelimit.spring.boot.MemoryAutoConfiguration;
import dev.ratelimit.spring.boot.RequestProperties;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * Serves the page of usage in a servlet application, if {@code ratelimit.usage-page.enabled} says so. Its place is that
 * of the filter of calls: before Spring Security where callers are known by their keys, and behind it where they are
 * known by their principal.
 */
@AutoConfiguration(after = MemoryAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty(prefix = "ratelimit.usage-page", name = "enabled", havingValue = "true")
@ConditionalOnBean(name = "ratelimitFilterSettings")
public class UsagePageAutoConfiguration {

    /** For Spring. */
    public UsagePageAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "ratelimitUsagePage")
    UsagePageFilter ratelimitUsagePage(
            RequestProperties requests,
            Environment environment,
            RateLimiter ratelimitLimiter,
            CallerResolver ratelimitCallerResolver,
            FilterSettings ratelimitFilterSettings) {
        return new UsagePageFilter(
                new UsagePage(
                        requests.usagePage().path(),
                        environment.getProperty("server.servlet.context-path", ""),
                        ratelimitLimiter,
                        ratelimitCallerResolver,
                        ratelimitFilterSettings.http()),
                ratelimitFilterSettings.order());
    }
}
