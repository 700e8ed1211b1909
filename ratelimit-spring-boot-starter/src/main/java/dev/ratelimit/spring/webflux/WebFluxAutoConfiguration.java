package dev.ratelimit.spring.webflux;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.UsageEstimator;
import dev.ratelimit.spring.boot.FilterSettings;
import dev.ratelimit.spring.boot.MemoryAutoConfiguration;
import java.util.function.Function;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.server.WebFilter;

/** Puts the filter before the requests of WebFlux. */
@AutoConfiguration(after = MemoryAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnBean(name = "ratelimitFilterSettings")
@ConditionalOnProperty(prefix = "ratelimit.filter", name = "enabled", matchIfMissing = true)
public class WebFluxAutoConfiguration {

    /** For Spring. */
    public WebFluxAutoConfiguration() {}

    /**
     * Makes the filter, if the properties or a customizer say which requests are limited.
     *
     * @param ratelimitFilterSettings what the properties say of requests and answers
     * @param ratelimitLimiter decides
     * @param ratelimitCallerResolver says who calls
     * @param estimator says what a request is expected to use, if that is not one call
     * @param customizers change the filter
     * @return the filter; one that does nothing where no request is limited
     */
    @Bean
    @ConditionalOnMissingBean(RateLimitWebFilter.class)
    public WebFilter ratelimitWebFilter(
            FilterSettings ratelimitFilterSettings,
            RateLimiter ratelimitLimiter,
            CallerResolver ratelimitCallerResolver,
            ObjectProvider<UsageEstimator> estimator,
            ObjectProvider<RateLimitWebFilterCustomizer> customizers) {
        if (!ratelimitFilterSettings.limitsAny()
                && customizers.stream().findAny().isEmpty()) {
            return (exchange, chain) ->
                    chain.filter(exchange).contextWrite(context -> RateLimitWebFilter.withExchange(context, exchange));
        }
        RateLimitWebFilterBuilder builder = RateLimitWebFilter.builder(ratelimitLimiter);
        ratelimitFilterSettings.apply(
                builder, Function.identity(), ratelimitCallerResolver, estimator.getIfAvailable());
        builder.order(ratelimitFilterSettings.order())
                .exempt(call -> ratelimitFilterSettings.unlimited().matches(call.path()));
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }
}
