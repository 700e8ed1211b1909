package dev.ratelimit.spring.boot;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.jdbc.JdbcQuotasBuilder;
import dev.ratelimit.micrometer.JdbcQuotasMetrics;
import dev.ratelimit.micrometer.RateLimitMetrics;
import dev.ratelimit.spring.boot.BackendProperties.Backend;
import dev.ratelimit.spring.boot.JdbcProperties.Outage;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Keeps the quotas of {@code ratelimit.quotas=jdbc} in the database of the application, on a few connections of its
 * pool. The data source is looked up when the store is made, so it may come from whichever configuration.
 */
@AutoConfiguration(
        after = RateLimitAutoConfiguration.class,
        before = {MemoryAutoConfiguration.class, RedisAutoConfiguration.class})
@ConditionalOnProperty(prefix = "ratelimit", name = "quotas", havingValue = "jdbc")
@ConditionalOnBean(name = "ratelimitLimiterSettings")
@ConditionalOnMissingBean(RateLimiter.class)
@EnableConfigurationProperties(JdbcProperties.class)
public class JdbcAutoConfiguration {

    private static final String QUOTAS = "ratelimit.quotas";

    /** For Spring. */
    public JdbcAutoConfiguration() {}

    /** What the module of quotas in SQL makes. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JdbcQuotas.class)
    static class InDatabase {

        /** Makes the store, after Flyway, Liquibase or scripts of the application have made its tables. */
        @Bean
        @ConditionalOnMissingBean
        @DependsOnDatabaseInitialization
        JdbcQuotas ratelimitQuotas(BackendProperties backend, JdbcProperties jdbc, ListableBeanFactory beans) {
            Findings findings = new Findings();
            findings.require(
                    backend.backend() == Backend.MEMORY,
                    QUOTAS,
                    "must be jdbc only where ratelimit.backend=memory: Redis keeps quotas itself");
            findings.throwIfAny();
            JdbcQuotasBuilder builder = JdbcQuotas.builder(dataSource(jdbc.dataSource(), beans));
            findings.attempt("ratelimit.jdbc.max-connections", () -> builder.maxConnections(jdbc.maxConnections()));
            findings.throwIfAny();
            return build(jdbc.createTables() ? builder.createTables() : builder);
        }

        private static DataSource dataSource(@Nullable String name, ListableBeanFactory beans) {
            List<String> all = List.of(beans.getBeanNamesForType(DataSource.class));
            if (all.isEmpty()) {
                throw new RateLimitPropertyException(
                        QUOTAS,
                        "must be jdbc only where there is a DataSource: add spring-boot-starter-jdbc and a driver,"
                                + " set spring.datasource.url, and exclude none of its auto-configurations");
            }
            DataSource chosen = name == null
                    ? beans.getBeanProvider(DataSource.class).getIfUnique()
                    : all.contains(name) ? beans.getBean(name, DataSource.class) : null;
            if (chosen == null) {
                throw new RateLimitPropertyException(
                        "ratelimit.jdbc.data-source",
                        "must be the name of a DataSource bean, one of " + String.join(", ", all));
            }
            return chosen;
        }

        private static JdbcQuotas build(JdbcQuotasBuilder builder) {
            try {
                return builder.build();
            } catch (IllegalStateException e) {
                String reason =
                        String.valueOf(e.getMessage()).replace("createTables()", "ratelimit.jdbc.create-tables=true");
                RateLimitPropertyException unfit = new RateLimitPropertyException(
                        QUOTAS, "must be jdbc only where the database can be used: " + reason);
                unfit.initCause(e);
                throw unfit;
            }
        }

        /** Has the limiter keep its quotas in the store. */
        @Bean
        RateLimiterCustomizer ratelimitQuotasCustomizer(JdbcProperties jdbc, JdbcQuotas quotas) {
            return builder -> {
                if (builder instanceof InMemoryRateLimiterBuilder inMemory) {
                    apply(jdbc, inMemory.quotas(quotas));
                }
            };
        }

        private static void apply(JdbcProperties jdbc, InMemoryRateLimiterBuilder builder) {
            Findings findings = new Findings();
            findings.attempt("ratelimit.jdbc.timeout", () -> builder.timeout(jdbc.timeout()));
            findings.attempt("ratelimit.jdbc.probe-every", () -> builder.probeEvery(jdbc.probeEvery()));
            findings.throwIfAny();
            if (jdbc.outage() == Outage.FAIL_OPEN) {
                builder.failOpen();
            } else {
                builder.failClosed();
            }
        }

        /** Gives the leases back before the pool is closed. */
        @Bean
        SmartLifecycle ratelimitQuotasLifecycle(InMemoryRateLimiter limiter) {
            return new ClosingLifecycle(limiter::close);
        }

        /** Tells what is leased, and of the database. */
        @Bean
        @ConditionalOnBean(RateLimitMetrics.class)
        @ConditionalOnMissingBean
        JdbcQuotasMetrics ratelimitQuotasMetrics(InMemoryRateLimiter limiter, JdbcQuotas quotas) {
            return JdbcQuotasMetrics.of(limiter, quotas);
        }
    }

    /** Says that the module is missing: without it quotas would silently stay in memory. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("dev.ratelimit.jdbc.JdbcQuotas")
    static class WithoutModule {

        /** Fails the start. */
        @Bean
        RateLimiterCustomizer ratelimitQuotasCustomizer() {
            throw new RateLimitPropertyException(
                    QUOTAS, "must be jdbc only where the module is there: add dev.ratelimit:ratelimit-jdbc");
        }
    }
}
