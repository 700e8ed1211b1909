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
 * Serves the page of usage in an application of WebFlux, if {@code ratelimit.usage-page.enabled} says so, in the place
 * that it has in a servlet application.
 */
@AutoConfiguration(after = MemoryAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(prefix = "ratelimit.usage-page", name = "enabled", havingValue = "true")
@ConditionalOnBean(name = "ratelimitFilterSettings")
public class WebFluxUsagePageAutoConfiguration {

    /** For Spring. */
    public WebFluxUsagePageAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "ratelimitUsagePage")
    UsagePageWebFilter ratelimitUsagePage(
            RequestProperties requests,
            Environment environment,
            RateLimiter ratelimitLimiter,
            CallerResolver ratelimitCallerResolver,
            FilterSettings ratelimitFilterSettings) {
        return new UsagePageWebFilter(
                new UsagePage(
                        requests.usagePage().path(),
                        environment.getProperty("spring.webflux.base-path", ""),
                        ratelimitLimiter,
                        ratelimitCallerResolver,
                        ratelimitFilterSettings.http()),
                ratelimitFilterSettings.order());
    }
}
