package dev.ratelimit.spring.boot;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.micrometer.RateLimitMetrics;
import dev.ratelimit.slf4j.Slf4jListener;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.CallerResolver;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.slf4j.event.Level;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/** Makes the tiers, the keys and what says who calls, as the properties of {@code ratelimit} have them. */
@AutoConfiguration
@ConditionalOnProperty(prefix = "ratelimit", name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties(RateLimitProperties.class)
@ImportRuntimeHints(RateLimitRuntimeHints.class)
public class RateLimitAutoConfiguration {

    private static final Log LOG = LogFactory.getLog(RateLimitAutoConfiguration.class);

    /** For Spring. */
    public RateLimitAutoConfiguration() {}

    private static TimeSource orSystem(ObjectProvider<TimeSource> time) {
        return time.getIfAvailable(TimeSource::system);
    }

    /**
     * Reads the tiers and the keys.
     *
     * @param properties the properties
     * @param environment has what stands in the sources of the properties
     * @param resources finds the files
     * @return the tiers and the keys, as they are read last
     */
    @Bean
    @ConditionalOnMissingBean
    public TierCatalog ratelimitTiers(
            RateLimitProperties properties, Environment environment, ResourceLoader resources) {
        PropertyRules.check(properties);
        int demoKeys = properties.apiKeys().demoKeys().size();
        if (demoKeys > 0) {
            LOG.info("There are " + demoKeys + " demo keys, which stand in plain text in the configuration");
        }
        return TierCatalog.of(new TiersAndKeysReader(properties, environment, resources), properties.reloadEvery());
    }

    /**
     * Makes what the properties say of requests and answers.
     *
     * @param properties the properties
     * @param environment has the paths that are never limited
     * @param time the clocks of the application, if it has some
     * @param keys resolves keys, if callers bring some
     * @return the settings
     */
    @Bean
    @ConditionalOnMissingBean
    public FilterSettings ratelimitFilterSettings(
            RateLimitProperties properties,
            Environment environment,
            ObjectProvider<TimeSource> time,
            ObjectProvider<KeyDirectory> keys) {
        HttpSettings http = HttpSettings.of(properties, orSystem(time));
        UnlimitedPaths unlimited = new UnlimitedPaths(environment, properties);
        return FilterSettings.of(properties, http, unlimited, keys.getIfAvailable() != null);
    }

    /**
     * Makes what limiters of both backends have in common.
     *
     * @param properties the properties
     * @param catalog has the tiers
     * @param tiers the resolver of the application, if it has one
     * @param time the clocks of the application, if it has some
     * @param listeners all listeners
     * @param customizers all customizers
     * @return the settings
     */
    @Bean
    LimiterSettings ratelimitLimiterSettings(
            RateLimitProperties properties,
            TierCatalog catalog,
            ObjectProvider<TierResolver> tiers,
            ObjectProvider<TimeSource> time,
            ObjectProvider<RateLimitListener> listeners,
            ObjectProvider<RateLimiterCustomizer> customizers) {
        return new LimiterSettings(
                properties.bounds(),
                tiers.getIfAvailable(() -> LimiterSettings.tiers(properties.defaultTier(), catalog)),
                orSystem(time),
                listeners.orderedStream().toList(),
                customizers.orderedStream().toList());
    }

    /**
     * Makes the directory of the keys that the properties name.
     *
     * @param catalog has the keys
     * @param time the clocks of the application, if it has some
     * @return the directory
     */
    @Bean
    @ConditionalOnMissingBean
    @Conditional(KeysAreConfigured.class)
    public KeyDirectory ratelimitKeyDirectory(TierCatalog catalog, ObjectProvider<TimeSource> time) {
        return new ConfiguredKeys(catalog, orSystem(time));
    }

    /**
     * Makes what says who calls.
     *
     * @param properties the properties
     * @param keys resolves keys, if callers bring some
     * @param metrics counts refused keys, if there are metrics
     * @param settings names the field of the key
     * @param limiter knows the tier of an organization that is known by its name
     * @param catalog has the tiers
     * @return the resolver
     */
    @Bean
    @ConditionalOnMissingBean
    public CallerResolver ratelimitCallerResolver(
            RateLimitProperties properties,
            ObjectProvider<KeyDirectory> keys,
            ObjectProvider<RateLimitMetrics> metrics,
            FilterSettings settings,
            RateLimiter limiter,
            TierCatalog catalog) {
        KeyDirectory directory = keys.getIfAvailable();
        RateLimitMetrics counting = metrics.getIfAvailable();
        return ConfiguredCallers.of(
                properties,
                directory == null || counting == null ? directory : counting.counting(directory),
                settings.http().keyField(),
                limiter,
                catalog);
    }

    /**
     * Logs rejections, if the properties want it.
     *
     * @param time tells when a line about the same may follow
     * @return the listener
     */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty(prefix = "ratelimit", name = "log-rejections", havingValue = "true")
    public Slf4jListener ratelimitSlf4jListener(ObjectProvider<TimeSource> time) {
        return Slf4jListener.builder()
                .rejectionsAt(Level.INFO)
                .timeSource(orSystem(time))
                .build();
    }
}
