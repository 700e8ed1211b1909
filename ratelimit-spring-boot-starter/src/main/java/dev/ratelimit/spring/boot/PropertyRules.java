package dev.ratelimit.spring.boot;

import dev.ratelimit.Member;
import dev.ratelimit.spring.boot.BackendProperties.Backend;
import dev.ratelimit.spring.boot.BackendProperties.Outage;
import dev.ratelimit.spring.boot.BackendProperties.Redis;
import dev.ratelimit.spring.boot.RateLimitProperties.MemberSource;
import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.Environment;

/** The rules that concern several properties at once, or none of the library's own classes. */
final class PropertyRules {

    private static final String RELOAD = "ratelimit.reload-every";
    private static final String SHARE = "ratelimit.redis.fallback-share";

    private PropertyRules() {}

    /**
     * Checks the properties.
     *
     * @throws RateLimitPropertyException if one is wrong
     */
    static void check(RateLimitProperties properties, BackendProperties backend) {
        Findings findings = new Findings();
        checkReload(properties, findings);
        checkCallers(properties, findings);
        checkBackend(backend, findings);
        findings.throwIfAny();
    }

    /**
     * Requires that all properties are known.
     *
     * @throws RateLimitPropertyException if one is not
     */
    static void requireKnown(Environment environment) {
        List<Finding> unknown = unknown(environment);
        if (!unknown.isEmpty()) {
            throw new RateLimitPropertyException(unknown);
        }
    }

    /** Returns the properties below {@code ratelimit} that are unknown. */
    static List<Finding> unknown(Environment environment) {
        return UnknownProperties.findings(ConfigurationPropertySources.get(environment));
    }

    private static void checkReload(RateLimitProperties properties, Findings findings) {
        Duration every = properties.reloadEvery();
        if (every == null) {
            return;
        }
        boolean isPositive = !every.isZero() && !every.isNegative() && every.compareTo(Duration.ofDays(365)) <= 0;
        findings.require(isPositive, RELOAD, "must be more than zero and at most a year");
        List<String> locations = Stream.of(
                        properties.tiersLocation(), properties.apiKeys().keysLocation())
                .filter(Objects::nonNull)
                .toList();
        boolean areFiles = !locations.isEmpty() && locations.stream().allMatch(name -> name.startsWith("file:"));
        findings.require(
                areFiles, RELOAD, "must be stated only where tiers-location and keys-location begin with file:");
    }

    private static void checkCallers(RateLimitProperties properties, Findings findings) {
        String header = properties.organizationHeader();
        findings.require(
                header == null || properties.trustedGateway(),
                "ratelimit.organization-header",
                "must be stated only where ratelimit.trusted-gateway=true: any client can send this field");
        findings.require(
                header != null || !properties.trustedGateway(),
                "ratelimit.trusted-gateway",
                "must be true only where ratelimit.organization-header is stated");
        for (int i = 0; i < properties.members().size(); i++) {
            MemberSource source = properties.members().get(i);
            String at = "ratelimit.members[" + i + "].kind";
            findings.attempt(at, () -> new Member(source.kind() == null ? "" : source.kind(), "name"));
            findings.require(!Member.KEY.equals(source.kind()), at, "must be another than that of API keys");
        }
    }

    private static void checkBackend(BackendProperties backend, Findings findings) {
        boolean isRedis = backend.backend() == Backend.REDIS;
        findings.require(
                !isRedis || backend.snapshot() == null,
                "ratelimit.snapshot.file",
                "must be stated only where ratelimit.backend=memory: Redis keeps the counts itself");
        Redis redis = backend.redis();
        Double share = redis.fallbackShare();
        if (share != null) {
            findings.require(share > 0 && share <= 1, SHARE, "must be more than 0 and at most 1");
            findings.require(
                    redis.outage() == Outage.FALLBACK,
                    SHARE,
                    "must be stated only where ratelimit.redis.outage=fallback");
        }
    }
}
