package dev.ratelimit.spring.page;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.boot.FilterSettings;
import dev.ratelimit.spring.boot.MemoryAutoConfiguration;
import dev.ratelimit.spring.boot.RateLimitProperties;
import dev.ratelimit.spring.boot.RedisAutoConfiguration;
import jakarta.servlet.Filter;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/**
 * Serves the page of usage, if {@code ratelimit.usage-page.enabled} says so. Its place is that of the filter of calls:
 * before Spring Security where callers are known by their keys, and behind it where they are known by their principal.
 */
@AutoConfiguration(after = {MemoryAutoConfiguration.class, RedisAutoConfiguration.class})
@ConditionalOnProperty(prefix = "ratelimit.usage-page", name = "enabled", havingValue = "true")
@ConditionalOnBean(name = "ratelimitFilterSettings")
@ImportRuntimeHints(UsagePageAutoConfiguration.Files.class)
public class UsagePageAutoConfiguration {

    private static final String PAGE = "ratelimitUsagePage";

    /** For Spring. */
    public UsagePageAutoConfiguration() {}

    private static UsagePage page(
            RateLimitProperties properties,
            String contextPath,
            RateLimiter limiter,
            CallerResolver callers,
            FilterSettings settings) {
        String path = properties.usagePage().path();
        if (!path.matches("(/[^/?#]+)+")) {
            throw new IllegalArgumentException(
                    "ratelimit.usage-page.path must be a path such as /ratelimits: path=" + Printable.name(path));
        }
        return new UsagePage(path, contextPath, limiter, callers, settings.http());
    }

    /** Keeps the files of the page in a native image. */
    static class Files implements RuntimeHintsRegistrar {

        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader loader) {
            hints.resources().registerPattern("dev/ratelimit/spring/page/page.*");
        }
    }

    /** Where there are servlets. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass(Filter.class)
    static class ForServlets {

        @Bean(PAGE)
        @ConditionalOnMissingBean(name = PAGE)
        UsagePageFilter ratelimitUsagePage(
                RateLimitProperties properties,
                Environment environment,
                RateLimiter ratelimitLimiter,
                CallerResolver ratelimitCallerResolver,
                FilterSettings ratelimitFilterSettings) {
            String contextPath = environment.getProperty("server.servlet.context-path", "");
            return new UsagePageFilter(
                    page(properties, contextPath, ratelimitLimiter, ratelimitCallerResolver, ratelimitFilterSettings),
                    ratelimitFilterSettings.order());
        }
    }

    /** Where there is WebFlux. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    @ConditionalOnClass({WebFilter.class, Mono.class})
    static class ForWebFlux {

        @Bean(PAGE)
        @ConditionalOnMissingBean(name = PAGE)
        UsagePageWebFilter ratelimitUsagePage(
                RateLimitProperties properties,
                Environment environment,
                RateLimiter ratelimitLimiter,
                CallerResolver ratelimitCallerResolver,
                FilterSettings ratelimitFilterSettings) {
            String contextPath = environment.getProperty("spring.webflux.base-path", "");
            return new UsagePageWebFilter(
                    page(properties, contextPath, ratelimitLimiter, ratelimitCallerResolver, ratelimitFilterSettings),
                    ratelimitFilterSettings.order());
        }
    }
}
