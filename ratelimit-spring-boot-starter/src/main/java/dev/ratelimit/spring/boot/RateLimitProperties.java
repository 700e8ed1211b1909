package dev.ratelimit.spring.boot;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties of {@code ratelimit} that say who may call what. {@link RequestProperties} say which requests are
 * limited, {@link BackendProperties} where the counts are, and {@link JdbcProperties} how a database is asked. A
 * property that is none of them fails the start.
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
        @DefaultValue List<MemberSource> members) {

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
}
