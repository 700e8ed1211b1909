package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.BoundedCache;
import dev.ratelimit.kernel.EndpointLimits;
import java.util.ArrayList;
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
            found = make(tier, endpoint, named);
            known.put(asked, found);
        }
        return new LimitSet(caller, found.list, found.name, found.encodedLimits, found.mostNames);
    }

    /** Resolves an endpoint by its real name: what stands for a long name may match another pattern. */
    private Known make(Tier tier, String endpoint, boolean named) {
        Scope.Endpoint scope = new Scope.Endpoint(endpoint);
        EndpointLimits limits = EndpointLimits.of(tier, endpoint);
        List<EncodedLimit> encodedLimits = new ArrayList<>();
        boolean bounded = false;
        for (int i = 0; i < limits.own().size(); i++) {
            AppliedLimit own = limits.own().get(i);
            AppliedLimit overflow = limits.overflow().get(i);
            EncodedLimit encoded = new EncodedLimit(tier.account(), own, overflow);
            encodedLimits.add(encoded);
            bounded |= encoded.hasMeter() && !own.equals(overflow);
        }
        return new Known(
                named ? RedisKeys.NAMED : RedisKeys.UNLISTED,
                scope.isOverflow() && !bounded ? RedisKeys.OVERFLOW : RedisKeys.listed(scope),
                List.copyOf(encodedLimits),
                bounded ? mostUnlisted : LimitSet.ANY_NUMBER);
    }
}
