package dev.ratelimit.spring.boot;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.micrometer.InMemoryLimiterMetrics;
import dev.ratelimit.micrometer.RateLimitMetrics;
import dev.ratelimit.spring.boot.BackendProperties.Quotas;
import dev.ratelimit.spring.boot.BackendProperties.Snapshot;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** Makes the limiter of {@code ratelimit.backend=memory}, which is the backend unless stated. */
@AutoConfiguration(after = RateLimitAutoConfiguration.class)
@ConditionalOnBean(name = "ratelimitLimiterSettings")
@ConditionalOnMissingBean(RateLimiter.class)
@ConditionalOnProperty(prefix = "ratelimit", name = "backend", havingValue = "memory", matchIfMissing = true)
public class MemoryAutoConfiguration {

    private static final Log LOG = LogFactory.getLog(MemoryAutoConfiguration.class);

    /** For Spring. */
    public MemoryAutoConfiguration() {}

    /**
     * Locks the file of snapshots, if the properties name one.
     *
     * @param backend names the file
     * @return the file
     */
    @Bean
    @ConditionalOnProperty(prefix = "ratelimit.snapshot", name = "file")
    SnapshotFile ratelimitSnapshotFile(BackendProperties backend) {
        Snapshot snapshot = backend.snapshot();
        if (snapshot == null) {
            throw new IllegalStateException("a snapshot must be bound where its file is a property");
        }
        return SnapshotFile.lock(snapshot);
    }

    /**
     * Makes the limiter, which goes on where the snapshot ends.
     *
     * @param ratelimitLimiterSettings the settings
     * @param snapshot the file of snapshots, if there is one
     * @return the limiter
     */
    @Bean
    public InMemoryRateLimiter ratelimitLimiter(
            LimiterSettings ratelimitLimiterSettings, ObjectProvider<SnapshotFile> snapshot) {
        BackendProperties backend = ratelimitLimiterSettings.backend();
        LOG.info(
                backend.quotas() == Quotas.JDBC
                        ? "Quotas are in the database. All other limits are per process, and n replicas admit n times"
                        : "Calls are counted in memory: limits are per process, and n replicas admit n times");
        InMemoryRateLimiterBuilder builder = ratelimitLimiterSettings.inMemory();
        SnapshotFile file = backend.snapshot() == null ? null : snapshot.getIfAvailable();
        return file == null ? builder.build() : file.restore(builder);
    }

    /**
     * Tells what the limiter holds.
     *
     * @param ratelimitLimiter the limiter
     * @return the gauges
     */
    @Bean
    @ConditionalOnBean(RateLimitMetrics.class)
    public InMemoryLimiterMetrics ratelimitLimiterMetrics(InMemoryRateLimiter ratelimitLimiter) {
        return InMemoryLimiterMetrics.of(ratelimitLimiter);
    }
}
