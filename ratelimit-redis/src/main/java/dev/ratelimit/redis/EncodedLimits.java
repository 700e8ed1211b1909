package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.BoundedCache;
import java.util.List;

/**
 * Encodes the limits of endpoints for the script, and caches those of endpoints that were asked for lately.
 *
 * <p>Callers make up the names of endpoints that no table names. So such a name is bounded first, and nothing keeps the
 * name itself.
 *
 * <p>Safe for use by many threads.
 */
final class EncodedLimits {

    private static final int KEPT = 2_048;

    private record Asked(Tier tier, String endpoint) {}

    private record Known(String list, String name, List<EncodedLimit> encodedLimits, int mostNames) {}

    private final BoundedCache<Asked, Known> known = new BoundedCache<>(KEPT);
    private final int mostUnlisted;

    /** Makes the limits of a limiter, with a bound for the unlisted endpoints that have meters of their own. */
    EncodedLimits(int mostUnlisted) {
        this.mostUnlisted = mostUnlisted;
    }

    LimitSet of(Caller caller, String endpoint) {
        Tier tier = caller.tier();
        boolean named = tier.namedEndpoints().contains(endpoint);
        Asked asked = new Asked(tier, named ? endpoint : new Scope.Endpoint(endpoint).name());
        Known found = known.get(asked);
        if (found == null) {
            found = make(asked, named);
            known.put(asked, found);
        }
        return new LimitSet(caller, found.list, found.name, found.encodedLimits, found.mostNames);
    }

    private Known make(Asked asked, boolean named) {
        Scope.Endpoint endpoint = new Scope.Endpoint(asked.endpoint);
        List<EncodedLimit> encodedLimits = asked.tier.limitsFor(asked.endpoint).stream()
                .map(limit -> new EncodedLimit(asked.tier.account(), limit))
                .toList();
        boolean bounded = !named
                && !endpoint.equals(Scope.Endpoint.OVERFLOW)
                && encodedLimits.stream().anyMatch(encoded -> encoded.isOfOneEndpoint() && encoded.hasMeter());
        return new Known(
                named ? RedisKeys.NAMED : RedisKeys.UNLISTED,
                RedisKeys.listed(endpoint),
                encodedLimits,
                bounded ? mostUnlisted : LimitSet.ANY_NUMBER);
    }
}
