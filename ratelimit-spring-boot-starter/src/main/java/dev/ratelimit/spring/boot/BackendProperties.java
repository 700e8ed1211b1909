package dev.ratelimit.spring.boot;

import dev.ratelimit.core.CapacityPolicy;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties of {@code ratelimit} that say where the counts are.
 *
 * @param backend where the counts are
 * @param quotas where the counts of quotas are; of the backend memory
 * @param bounds how much state is kept
 * @param snapshot the file that keeps the counts over a restart; of the backend memory
 * @param redis how Redis is asked; of the backend redis
 */
@ConfigurationProperties(prefix = "ratelimit")
public record BackendProperties(
        @DefaultValue("memory") Backend backend,
        @DefaultValue("memory") Quotas quotas,
        @Nullable Bounds bounds,
        @Nullable Snapshot snapshot,
        @Nullable Redis redis) {

    private static final Duration TIMEOUT = Duration.ofMillis(50);
    private static final Duration PROBE_EVERY = Duration.ofSeconds(1);

    /**
     * Returns how much state is kept. Where no property says so nothing is bound, which would lengthen each start.
     *
     * @return as the properties say, otherwise as unless stated
     */
    @Override
    public Bounds bounds() {
        return bounds == null ? new Bounds(null, CapacityPolicy.REFUSE, null, null) : bounds;
    }

    /**
     * Returns how Redis is asked. Where no property says so nothing is bound, which would lengthen each start.
     *
     * @return as the properties say, otherwise as unless stated
     */
    @Override
    public Redis redis() {
        return redis == null ? new Redis(Outage.FALLBACK, null, TIMEOUT, PROBE_EVERY, "ratelimit:") : redis;
    }

    /** Where the counts are. */
    public enum Backend {
        /** In this process: n replicas admit n times. */
        MEMORY,
        /** On the Redis of the application, for all its replicas together. */
        REDIS
    }

    /** Where the counts of quotas are. */
    public enum Quotas {
        /** Where all counts are. */
        MEMORY,
        /** In the database of the application, for all its replicas together. */
        JDBC
    }

    /** What is done with a snapshot that is damaged. */
    public enum OnDamage {
        /** The application does not start. */
        FAIL,
        /** It is renamed, and nothing counts at the start. */
        KEEP_ASIDE
    }

    /**
     * The file that keeps the counts over a restart.
     *
     * @param file the file, in a folder that exists
     * @param every how often it is written, beside the end of the application
     * @param onDamage what is done if it is damaged
     */
    public record Snapshot(
            @Nullable Path file,
            @DefaultValue("30s") Duration every,
            @DefaultValue("fail") OnDamage onDamage) {}

    /**
     * How much state is kept.
     *
     * @param organizations the most organizations; of the backend memory
     * @param whenFull what is done with calls of organizations beyond the bound
     * @param unlistedEndpoints the most endpoints of an organization that no tier names
     * @param members the most members of an organization
     */
    public record Bounds(
            @Nullable Long organizations,
            @DefaultValue("refuse") CapacityPolicy whenFull,
            @Nullable Integer unlistedEndpoints,
            @Nullable Integer members) {}

    /** What is done with calls while Redis is away. */
    public enum Outage {
        /** They are admitted and not counted. */
        FAIL_OPEN,
        /** They are answered with 503. */
        FAIL_CLOSED,
        /** This process counts them, each process for itself. */
        FALLBACK
    }

    /**
     * How Redis is asked.
     *
     * @param outage what is done with calls while Redis is away
     * @param fallbackShare the share of each amount that this process then admits, more than 0 and at most 1
     * @param timeout the longest time of a decision
     * @param probeEvery the pause after which one call asks again while Redis is away
     * @param keyPrefix what all keys in Redis begin with
     */
    public record Redis(
            @DefaultValue("fallback") Outage outage,
            @Nullable Double fallbackShare,
            @DefaultValue("50ms") Duration timeout,
            @DefaultValue("1s") Duration probeEvery,
            @DefaultValue("ratelimit:") String keyPrefix) {}
}
