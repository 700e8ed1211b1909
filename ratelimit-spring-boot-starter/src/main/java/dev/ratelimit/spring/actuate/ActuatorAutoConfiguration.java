package dev.ratelimit.spring.actuate;

import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.spring.boot.BackendProperties;
import dev.ratelimit.spring.boot.BackendProperties.Outage;
import dev.ratelimit.spring.boot.MemoryAutoConfiguration;
import dev.ratelimit.spring.boot.TierCatalog;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Shows the limits in the actuator, where there is one. */
@AutoConfiguration(after = MemoryAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(name = "ratelimitTiers")
public class ActuatorAutoConfiguration {

    private static final String HEALTH = "ratelimitHealthIndicator";

    /** For Spring. */
    public ActuatorAutoConfiguration() {}

    /**
     * Makes the endpoint {@code ratelimits}.
     *
     * @param limiter whose limits they are
     * @param keys tells the tiers of an organization, if callers bring keys
     * @param tiers all tiers
     * @return the endpoint
     */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(endpoint = RateLimitsEndpoint.class)
    public RateLimitsEndpoint ratelimitEndpoint(
            RateLimiter limiter, ObjectProvider<KeyDirectory> keys, TierCatalog tiers) {
        KeyDirectory known = keys.getIfAvailable();
        return new RateLimitsEndpoint(
                limiter,
                known == null ? digest -> Rejected.permanent(new KeyUnknown(), "") : known,
                () -> tiers.tiers().values());
    }

    private static StoreHealth store(RateLimiter limiter, BackendProperties backend) {
        Outage outage = backend.redis().outage();
        return new LimiterHealth(
                () -> LimiterSupport.of(limiter).totals().getOrDefault(LimiterSupport.OPEN_CIRCUITS, 0L),
                StoreHealth.word(backend.backend()),
                StoreHealth.word(outage),
                outage == Outage.FAIL_CLOSED);
    }

    /** Boot 3. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.actuate.health.HealthIndicator")
    @ConditionalOnProperty(prefix = "management.health.ratelimit", name = "enabled", matchIfMissing = true)
    static class HealthOfBoot3 {

        @Bean(HEALTH)
        @ConditionalOnMissingBean(name = HEALTH)
        RateLimitHealthIndicator ratelimitHealthIndicator(RateLimiter limiter, BackendProperties backend) {
            return new RateLimitHealthIndicator(store(limiter, backend));
        }
    }

    /** Boot 4, which has moved the types. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.health.contributor.HealthIndicator")
    @ConditionalOnProperty(prefix = "management.health.ratelimit", name = "enabled", matchIfMissing = true)
    static class HealthOfBoot4 {

        @Bean(HEALTH)
        @ConditionalOnMissingBean(name = HEALTH)
        RateLimitHealthContributor ratelimitHealthIndicator(RateLimiter limiter, BackendProperties backend) {
            return new RateLimitHealthContributor(store(limiter, backend));
        }
    }
}
