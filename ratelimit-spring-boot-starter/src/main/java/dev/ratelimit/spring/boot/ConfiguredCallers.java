package dev.ratelimit.spring.boot;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.WebCall;
import dev.ratelimit.spring.boot.RateLimitProperties.MemberSource;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Who calls, as the properties have it: by a key, by the field of a gateway, by the principal, or by the network. */
final class ConfiguredCallers implements CallerResolver {

    private static final Rejected NOBODY = Rejected.permanent(new KeyUnknown(), "");

    private final Function<WebCall, Resolution> organizations;
    private final List<MemberSource> members;

    private ConfiguredCallers(Function<WebCall, Resolution> organizations, List<MemberSource> members) {
        this.organizations = organizations;
        this.members = members;
    }

    /**
     * Makes the resolver.
     *
     * @param keys resolves keys; null if callers bring none
     */
    static ConfiguredCallers of(
            RateLimitProperties properties,
            @Nullable KeyDirectory keys,
            KeyField field,
            RateLimiter limiter,
            TierCatalog tiers) {
        Function<WebCall, Resolution> nobody = nobody(properties, tiers);
        String header = properties.organizationHeader();
        Function<WebCall, Resolution> known;
        if (keys != null) {
            known = call -> byKey(call, field, keys, nobody);
        } else if (header != null) {
            known = call -> byName(single(call.headers(header)), limiter, call, nobody);
        } else if (properties.defaultTier() != null) {
            known = call -> byName(call.principal().map(Principal::getName), limiter, call, nobody);
        } else {
            known = nobody;
        }
        return new ConfiguredCallers(known, properties.members());
    }

    private static Function<WebCall, Resolution> nobody(RateLimitProperties properties, TierCatalog tiers) {
        RateLimitProperties.Anonymous anonymous = properties.anonymous();
        String tier = anonymous == null ? null : anonymous.tier();
        return tier == null ? call -> NOBODY : call -> Caller.of("network " + call.network(), tiers.tier(tier));
    }

    private static Resolution byKey(
            WebCall call, KeyField field, KeyDirectory keys, Function<WebCall, Resolution> nobody) {
        List<String> values = call.headers(field.name());
        Resolution who = values.isEmpty() ? nobody.apply(call) : NOBODY;
        // A directory is asked about a missing key, too: it may count how many there are.
        return who instanceof Caller ? who : keys.resolve(field.key(values).orElse(null));
    }

    private static Resolution byName(
            Optional<String> organization, RateLimiter limiter, WebCall call, Function<WebCall, Resolution> nobody) {
        return organization.isPresent() ? limiter.caller(organization.get()) : nobody.apply(call);
    }

    /** Returns the value of a field that is there once and not blank. */
    private static Optional<String> single(List<String> values) {
        return values.size() == 1 && !values.get(0).isBlank() ? Optional.of(values.get(0)) : Optional.empty();
    }

    @Override
    public Resolution resolve(WebCall call) {
        Resolution who = organizations.apply(call);
        if (members.isEmpty() || !(who instanceof Caller caller)) {
            return who;
        }
        for (MemberSource source : members) {
            String kind = source.kind();
            Optional<String> name = source.header() == null
                    ? call.principal().map(Principal::getName)
                    : single(call.headers(source.header()));
            if (kind != null && name.isPresent() && !names(caller, kind)) {
                caller = caller.member(kind, name.get());
            }
        }
        return caller;
    }

    /** Tells whether the key has said which member of a kind calls. */
    private static boolean names(Caller caller, String kind) {
        return caller.members().stream().anyMatch(member -> member.kind().equals(kind));
    }
}
