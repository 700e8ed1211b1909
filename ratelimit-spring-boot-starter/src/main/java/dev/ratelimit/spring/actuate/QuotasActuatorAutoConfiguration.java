package dev.ratelimit.spring.actuate;

import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.spring.boot.JdbcAutoConfiguration;
import dev.ratelimit.spring.boot.JdbcProperties;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Shows the database of quotas in the actuator, where there is one. */
@AutoConfiguration(after = JdbcAutoConfiguration.class)
@ConditionalOnProperty(prefix = "ratelimit", name = "quotas", havingValue = "jdbc")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(value = JdbcQuotas.class, name = "ratelimitLimiterSettings")
@EnableConfigurationProperties(JdbcProperties.class) // the other configuration is off where there is an own limiter
public class QuotasActuatorAutoConfiguration {

    private static final String HEALTH = "ratelimitQuotasHealthIndicator";

    /** For Spring. */
    public QuotasActuatorAutoConfiguration() {}

    /**
     * Makes the endpoint {@code ratelimitquotas}.
     *
     * @param quotas the store
     * @return the endpoint
     */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(endpoint = RateLimitQuotasEndpoint.class)
    public RateLimitQuotasEndpoint ratelimitQuotasEndpoint(JdbcQuotas quotas) {
        return new RateLimitQuotasEndpoint(quotas);
    }

    /** Boot 3. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.actuate.health.HealthIndicator")
    @ConditionalOnProperty(prefix = "management.health.ratelimit-quotas", name = "enabled", matchIfMissing = true)
    static class HealthOfBoot3 {

        @Bean(HEALTH)
        @ConditionalOnMissingBean(name = HEALTH)
        RateLimitHealthIndicator ratelimitQuotasHealthIndicator(JdbcQuotas quotas, JdbcProperties jdbc) {
            return new RateLimitHealthIndicator(new QuotasHealth(quotas::stats, jdbc.outage()));
        }
    }

    /** Boot 4, which has moved the types. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.health.contributor.HealthIndicator")
    @ConditionalOnProperty(prefix = "management.health.ratelimit-quotas", name = "enabled", matchIfMissing = true)
    static class HealthOfBoot4 {

        @Bean(HEALTH)
        @ConditionalOnMissingBean(name = HEALTH)
        RateLimitHealthContributor ratelimitQuotasHealthIndicator(JdbcQuotas quotas, JdbcProperties jdbc) {
            return new RateLimitHealthContributor(new QuotasHealth(quotas::stats, jdbc.outage()));
        }
    }
}
