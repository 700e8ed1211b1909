package dev.ratelimit.spring.boot;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.servlet.RateLimitFilter;
import dev.ratelimit.servlet.RateLimitFilterBuilder;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.UsageEstimator;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import java.util.EnumSet;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;

/** Puts the filter before the requests of a servlet application. */
@AutoConfiguration(after = MemoryAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({Filter.class, FilterRegistrationBean.class})
@ConditionalOnBean(name = "ratelimitFilterSettings")
@ConditionalOnProperty(prefix = "ratelimit.filter", name = "enabled", matchIfMissing = true)
public class ServletAutoConfiguration {

    /** For Spring. */
    public ServletAutoConfiguration() {}

    /**
     * Makes the filter, if the properties or a customizer say which requests are limited.
     *
     * @param ratelimitFilterSettings what the properties say of requests and answers
     * @param ratelimitLimiter decides
     * @param ratelimitCallerResolver says who calls
     * @param estimator says what a request is expected to use, if that is not one call
     * @param customizers change the filter
     * @return the filter; one that is not enabled where no request is limited
     */
    @Bean
    @ConditionalOnMissingBean(name = "ratelimitFilter")
    public FilterRegistrationBean<Filter> ratelimitFilter(
            FilterSettings ratelimitFilterSettings,
            RateLimiter ratelimitLimiter,
            CallerResolver ratelimitCallerResolver,
            ObjectProvider<UsageEstimator> estimator,
            ObjectProvider<RateLimitFilterCustomizer> customizers) {
        RateLimitFilterBuilder builder = RateLimitFilter.builder(ratelimitLimiter);
        ratelimitFilterSettings.apply(builder, ServletCall::new, ratelimitCallerResolver, estimator.getIfAvailable());
        List<RateLimitFilterCustomizer> all = customizers.orderedStream().toList();
        for (RateLimitFilterCustomizer customizer : all) {
            customizer.customize(builder);
        }
        FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>();
        registration.setName("ratelimitFilter");
        registration.setOrder(ratelimitFilterSettings.order());
        registration.setDispatcherTypes(
                EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD, DispatcherType.ASYNC, DispatcherType.ERROR));
        boolean limitsAny = ratelimitFilterSettings.limitsAny() || !all.isEmpty();
        registration.setEnabled(limitsAny);
        registration.setFilter(
                limitsAny
                        ? new ExceptUnlimitedPaths(builder.build(), ratelimitFilterSettings.unlimited())
                        : (request, response, chain) -> chain.doFilter(request, response));
        return registration;
    }
}
