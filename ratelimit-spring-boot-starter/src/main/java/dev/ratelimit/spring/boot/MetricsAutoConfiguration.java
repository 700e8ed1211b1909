package dev.ratelimit.spring.boot;

import dev.ratelimit.micrometer.RateLimitMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Counts decisions and times requests to a store, if the application has a registry of meters. */
@AutoConfiguration(
        after = RateLimitAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnBean(value = MeterRegistry.class, name = "ratelimitLimiterSettings")
public class MetricsAutoConfiguration {

    /** For Spring. */
    public MetricsAutoConfiguration() {}

    /**
     * Counts decisions, and times requests to a store.
     *
     * @param observationRegistry where requests to a store are observed, if the application has such a registry
     * @return a listener that Boot binds to all registries
     */
    @Bean
    @ConditionalOnMissingBean
    public RateLimitMetrics ratelimitMetrics(ObjectProvider<ObservationRegistry> observationRegistry) {
        ObservationRegistry own = observationRegistry.getIfAvailable();
        return RateLimitMetrics.observing(own == null ? ObservationRegistry.NOOP : own);
    }
}
