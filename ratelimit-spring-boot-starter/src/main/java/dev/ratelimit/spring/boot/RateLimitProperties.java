package dev.ratelimit.spring.boot;

import dev.ratelimit.core.CapacityPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties of {@code ratelimit}. A property that is not one of them fails the start.
 *
 * @param enabled whether calls are limited. If not, there is no bean of this library
 * @param reloadEvery how often the files of tiers and of keys are read again; never unless stated. They must be files
 *     then, and not resources of the class path
 * @param units the units of the tiers beside calls, characters, tokens and usd; if the tiers are here
 * @param endpoints all endpoints that the tiers may name; if the tiers are here
 * @param tiers the tiers, unless tiers-location is stated
 * @param tiersLocation where the tiers are: a tier file, such as classpath:tiers.yaml or file:/etc/app/tiers.yaml
 * @param apiKeys the keys that calls bring
 * @param defaultTier the name of the tier of an organization that is known by the principal or a header
 * @param anonymous what calls that nobody is known to make are limited to; they are answered with 401 unless stated
 * @param organizationHeader the field in which a gateway before this application names the organization
 * @param trustedGateway whether no request reaches this application but by a gateway that sets organization-header
 * @param members the members that calls are of, beside those of their keys
 * @param paths which requests are which endpoint: the first that matches
 * @param unmatched whether requests that are for no endpoint pass, without a key, or are refused with 404
 * @param headers the dialects of the fields that tell clients where they stand, such as ietf, x-ratelimit, openai,
 *     anthropic and none
 * @param exposeHeaders whether scripts of other origins may read these fields
 * @param status statuses of refusals, by what refuses, where they are others than the usual ones
 * @param cancelOn the statuses, such as 503 or 5xx, whose calls are free
 * @param onError what is done with a call if the limiter throws
 * @param filter how requests are intercepted
 * @param backend where the counts are
 * @param quotas where the counts of quotas are; of the backend memory
 * @param jdbc how the database is asked; of quotas in it
 * @param snapshot the file that keeps the counts over a restart; of the backend memory
 * @param bounds how much state is kept
 * @param redis how Redis is asked; of the backend redis
 * @param logRejections whether rejections are logged, at INFO
 * @param usagePage the page that shows the limits of an organization
 */
@ConfigurationProperties(prefix = "ratelimit")
public record RateLimitProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable Duration reloadEvery,
        @Nullable List<String> units,
        @Nullable List<String> endpoints,
        @Nullable List<TierProperties> tiers,
        @Nullable String tiersLocation,
        @DefaultValue ApiKeys apiKeys,
        @Nullable String defaultTier,
        @Nullable Anonymous anonymous,
        @Nullable String organizationHeader,
        @DefaultValue("false") boolean trustedGateway,
        @DefaultValue List<MemberSource> members,
        @DefaultValue List<PathMapping> paths,
        @DefaultValue("pass") Unmatched unmatched,
        @DefaultValue("ietf") List<String> headers,
        @DefaultValue("false") boolean exposeHeaders,
        @DefaultValue Map<RefusalKind, Integer> status,
        @DefaultValue List<String> cancelOn,
        @DefaultValue("fail-open") OnError onError,
        @Nullable Filter filter,
        @DefaultValue("memory") Backend backend,
        @DefaultValue("memory") Quotas quotas,
        @Nullable Jdbc jdbc,
        @Nullable Snapshot snapshot,
        @Nullable Bounds bounds,
        @Nullable Redis redis,
        @DefaultValue("false") boolean logRejections,
        @DefaultValue UsagePage usagePage) {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /**
     * Returns how requests are intercepted. Where no property says so, nothing is bound: that would lengthen a start.
     *
     * @return as the properties say, otherwise as unless stated
     */
    @Override
    public Filter filter() {
        return filter == null ? new Filter(true, null) : filter;
    }

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
     * Returns how the database is asked. Where no property says so nothing is bound, which would lengthen each start.
     *
     * @return as the properties say, otherwise as unless stated
     */
    @Override
    public Jdbc jdbc() {
        return jdbc == null ? new Jdbc(null, false, QuotasOutage.FAIL_CLOSED, SECOND, SECOND, 2) : jdbc;
    }

    /**
     * Returns how Redis is asked. Where no property says so nothing is bound, which would lengthen each start.
     *
     * @return as the properties say, otherwise as unless stated
     */
    @Override
    public Redis redis() {
        return redis == null ? new Redis(Outage.FALLBACK, null, Duration.ofMillis(50), SECOND, "ratelimit:") : redis;
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

    /** What is done with a request that is for no endpoint. */
    public enum Unmatched {
        /** It passes, and needs no key. */
        PASS,
        /** It is answered with 404. */
        REFUSE
    }

    /** What is done with a call if the limiter throws. */
    public enum OnError {
        /** It goes on without limits. */
        FAIL_OPEN,
        /** It is answered with 503. */
        FAIL_CLOSED
    }

    /** What refuses a call, to choose a status for it. */
    public enum RefusalKind {
        /** A rate limit or a token bucket; 429 unless stated. */
        RATE_LIMIT,
        /** A quota; 429 unless stated. */
        QUOTA,
        /** A quota of money; 402 unless stated. */
        SPENDING,
        /** A limit of calls in flight; 429 unless stated. */
        IN_FLIGHT,
        /** A limit of single calls; 413 unless stated. */
        CALL_SIZE,
        /** A key that is missing, unknown or revoked; 401 unless stated. */
        KEY,
        /** An endpoint that the tier does not name; 404 unless stated. */
        ENDPOINT,
        /** A store that is away, or state without room; 503 unless stated. */
        UNAVAILABLE
    }

    /**
     * The keys that calls bring.
     *
     * @param header the field that brings the key: Authorization, as Bearer, or one of your own such as X-API-Key
     * @param realm what the keys are for, as the answer to a call without one says; of a field of your own
     * @param keys the keys, by their digests
     * @param keysLocation a file of keys, of the structure that keys has
     * @param demoKeys keys in plain text, to try the application out
     * @param failedKeys the limit of calls with a missing or refused key from one network, such as 30 calls per minute
     */
    public record ApiKeys(
            @DefaultValue("Authorization") String header,
            @DefaultValue("api") String realm,
            @DefaultValue List<KeyProperties> keys,
            @Nullable String keysLocation,
            @DefaultValue List<KeyProperties> demoKeys,
            @Nullable String failedKeys) {}

    /**
     * What calls that nobody is known to make are limited to.
     *
     * @param tier the name of the tier of each
     * @param by what tells them apart
     */
    public record Anonymous(
            @Nullable String tier, @DefaultValue("ip") AnonymousBy by) {}

    /** What tells calls apart that nobody is known to make. */
    public enum AnonymousBy {
        /** The network that they come from. */
        IP
    }

    /**
     * A kind of members that calls are of.
     *
     * @param kind the kind, such as user
     * @param header the field that names the member; the name of the principal is taken unless it is stated
     */
    public record MemberSource(
            @Nullable String kind, @Nullable String header) {}

    /**
     * Requests that are one endpoint.
     *
     * @param path the path within the application: names, * and {name} for a segment, and ** at the end for the rest
     * @param method the method, or * for any
     * @param endpoint the name of the endpoint, or a {name} of the path
     */
    public record PathMapping(
            @Nullable String path,
            @DefaultValue("*") String method,
            @Nullable String endpoint) {}

    /**
     * How requests are intercepted.
     *
     * @param enabled whether there is a filter at all
     * @param order its place among the filters. Unless stated: before Spring Security's (-100), or after it where the
     *     principal says who calls
     */
    public record Filter(
            @DefaultValue("true") boolean enabled, @Nullable Integer order) {}

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

    /** What is done while the database is away with calls that leased units do not cover. */
    public enum QuotasOutage {
        /** They are admitted, and charged when the database is back. */
        FAIL_OPEN,
        /** They are answered with 503. */
        FAIL_CLOSED
    }

    /**
     * How the database is asked for quotas.
     *
     * @param dataSource the name of the DataSource bean; needed where there are several and none is primary
     * @param createTables whether tables that are missing are made at the start
     * @param outage what is done while the database is away with calls that leased units do not cover
     * @param timeout the longest time that a call waits for the database
     * @param probeEvery the pause after which one call asks again while the database is away
     * @param maxConnections the most connections that are used at a time, at most 64
     */
    public record Jdbc(
            @Nullable String dataSource,
            @DefaultValue("false") boolean createTables,
            @DefaultValue("fail-closed") QuotasOutage outage,
            @DefaultValue("1s") Duration timeout,
            @DefaultValue("1s") Duration probeEvery,
            @DefaultValue("2") int maxConnections) {}

    /**
     * The page that shows the limits of an organization.
     *
     * @param enabled whether there is one
     * @param path where it is
     */
    public record UsagePage(
            @DefaultValue("false") boolean enabled,
            @DefaultValue("/ratelimits") String path) {}
}
