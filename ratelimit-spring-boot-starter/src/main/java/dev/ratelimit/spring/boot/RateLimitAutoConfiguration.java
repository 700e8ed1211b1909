package dev.ratelimit.spring.boot;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.micrometer.RateLimitMetrics;
import dev.ratelimit.slf4j.Slf4jListener;
import dev.ratelimit.spi.Counted;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.CallerResolver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.slf4j.event.Level;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/**
 * Makes the tiers, the keys and what says who calls, as the properties of {@code ratelimit} have them, and the metrics.
 *
 * <p>Parameters have the names of the beans that they mostly are: Spring then looks at no other bean first. In the
 * middle of a start, when a web server wants its filters, it would look at all of them for each parameter.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnProperty(prefix = "ratelimit", name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties({RateLimitProperties.class, RequestProperties.class, BackendProperties.class})
public class RateLimitAutoConfiguration {

    private static final Log LOG = LogFactory.getLog(RateLimitAutoConfiguration.class);

    private final RateLimitProperties properties;
    private final TimeSource time;

    /**
     * Takes what most beans need. Spring would look for it once for each of them.
     *
     * @param properties the properties
     * @param environment has the properties as they stand in their sources
     * @param time the clocks of the application, if it has some
     * @throws RateLimitPropertyException if a property below {@code ratelimit} is unknown
     */
    public RateLimitAutoConfiguration(
            RateLimitProperties properties, Environment environment, ObjectProvider<TimeSource> time) {
        PropertyRules.requireKnown(environment);
        TimeSource own = time.getIfAvailable();
        this.properties = properties;
        this.time = own == null ? TimeSource.system() : own;
    }

    /**
     * Reads the tiers and the keys.
     *
     * @param backend says where the counts are
     * @param environment has what stands in the sources of the properties
     * @param resources finds the files
     * @return the tiers and the keys, as they are read last
     */
    @Bean
    @ConditionalOnMissingBean(name = "ratelimitTiers")
    public TierCatalog ratelimitTiers(BackendProperties backend, Environment environment, ResourceLoader resources) {
        PropertyRules.check(properties, backend);
        int demoKeys = properties.apiKeys().demoKeys().size();
        if (demoKeys > 0) {
            LOG.info("The configuration has " + Counted.of(demoKeys, "demo keys") + " in plain text");
        }
        return TierCatalog.of(new TiersAndKeysReader(properties, environment, resources), properties.reloadEvery());
    }

    /**
     * Makes what the properties say of requests and answers.
     *
     * @param requests says which requests are limited
     * @param environment has the paths that are never limited
     * @param ratelimitKeyDirectory resolves keys, if callers bring some
     * @return the settings
     */
    @Bean
    @ConditionalOnMissingBean(name = "ratelimitFilterSettings")
    public FilterSettings ratelimitFilterSettings(
            RequestProperties requests, Environment environment, ObjectProvider<KeyDirectory> ratelimitKeyDirectory) {
        HttpSettings http = HttpSettings.of(properties.apiKeys(), requests, time);
        UnlimitedPaths unlimited = new UnlimitedPaths(environment, requests.usagePage());
        return FilterSettings.of(properties, requests, http, unlimited, ratelimitKeyDirectory.getIfAvailable() != null);
    }

    /**
     * Makes what limiters of both backends have in common.
     *
     * @param backend says where the counts are
     * @param ratelimitTiers has the tiers
     * @param tiers the resolver of the application, if it has one
     * @param listeners all listeners
     * @param customizers all customizers
     * @return the settings
     */
    @Bean
    LimiterSettings ratelimitLimiterSettings(
            BackendProperties backend,
            TierCatalog ratelimitTiers,
            ObjectProvider<TierResolver> tiers,
            ObjectProvider<RateLimitListener> listeners,
            ObjectProvider<RateLimiterCustomizer> customizers) {
        TierResolver own = tiers.getIfAvailable();
        return new LimiterSettings(
                backend,
                own == null ? LimiterSettings.tiers(properties.defaultTier(), ratelimitTiers) : own,
                time,
                listeners.orderedStream().toList(),
                customizers.orderedStream().toList());
    }

    /**
     * Counts decisions, and times requests to a store, if the application has a registry of meters.
     *
     * @param observationRegistry where requests to a store are observed, if the application has such a registry
     * @return a listener that Boot binds to all registries
     */
    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnMissingBean
    public static RateLimitMetrics ratelimitMetrics(ObjectProvider<ObservationRegistry> observationRegistry) {
        ObservationRegistry own = observationRegistry.getIfAvailable();
        return RateLimitMetrics.observing(own == null ? ObservationRegistry.NOOP : own);
    }

    /**
     * Makes the directory of the keys that the properties name.
     *
     * @param ratelimitTiers has the keys
     * @return the directory
     */
    @Bean
    @ConditionalOnMissingBean
    @Conditional(KeysAreConfigured.class)
    public KeyDirectory ratelimitKeyDirectory(TierCatalog ratelimitTiers) {
        return new ConfiguredKeys(ratelimitTiers, time);
    }

    /**
     * Makes what says who calls.
     *
     * @param ratelimitKeyDirectory resolves keys, if callers bring some
     * @param ratelimitMetrics counts refused keys, if there are metrics
     * @param ratelimitFilterSettings names the field of the key
     * @param ratelimitLimiter knows the tier of an organization that is known by its name
     * @param ratelimitTiers has the tiers
     * @return the resolver
     */
    @Bean
    @ConditionalOnMissingBean
    public CallerResolver ratelimitCallerResolver(
            ObjectProvider<KeyDirectory> ratelimitKeyDirectory,
            ObjectProvider<RateLimitMetrics> ratelimitMetrics,
            FilterSettings ratelimitFilterSettings,
            RateLimiter ratelimitLimiter,
            TierCatalog ratelimitTiers) {
        KeyDirectory directory = ratelimitKeyDirectory.getIfAvailable();
        RateLimitMetrics counting = ratelimitMetrics.getIfAvailable();
        return ConfiguredCallers.of(
                properties,
                directory == null || counting == null ? directory : counting.counting(directory),
                ratelimitFilterSettings.http().keyField(),
                ratelimitLimiter,
                ratelimitTiers);
    }

    /**
     * Logs rejections, if the properties want it.
     *
     * @return the listener
     */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty(prefix = "ratelimit", name = "log-rejections", havingValue = "true")
    public Slf4jListener ratelimitSlf4jListener() {
        return Slf4jListener.builder().rejectionsAt(Level.INFO).timeSource(time).build();
    }
}
