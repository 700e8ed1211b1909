package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Scope;
import dev.ratelimit.kernel.BoundedCache;
import dev.ratelimit.kernel.EndpointLimits;
import dev.ratelimit.kernel.Party;
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

    private record Asked(Party party, String endpoint) {}

    private record Known(Place place, List<EncodedLimit> encodedLimits) {}

    private final BoundedCache<Asked, Known> known = new BoundedCache<>(KEPT);
    private final int mostUnlisted;
    private final int mostMembers;

    /**
     * Makes the limits of a limiter.
     *
     * @param mostUnlisted how many unlisted endpoints of a party have meters of their own
     * @param mostMembers how many members of an organization have meters of their own
     */
    EncodedLimits(int mostUnlisted, int mostMembers) {
        this.mostUnlisted = mostUnlisted;
        this.mostMembers = mostMembers;
    }

    LimitSet of(Caller caller, String endpoint) {
        List<Party> parties = Party.of(caller);
        if (parties.size() == 1) {
            Known found = of(parties.get(0), endpoint);
            return new LimitSet(caller, List.of(found.place), found.encodedLimits);
        }
        List<Place> places = new ArrayList<>();
        List<EncodedLimit> all = new ArrayList<>();
        for (Party party : parties) {
            Known found = of(party, endpoint);
            places.add(found.place);
            all.addAll(found.encodedLimits);
        }
        return new LimitSet(caller, List.copyOf(places), List.copyOf(all));
    }

    /** Returns the place of a party of which the lists are asked for, or all limits. */
    Place placeOf(Party party) {
        Place place = Place.of(party.member(), party.account());
        return party.member() == null
                ? place
                : new Place(
                        place.member(), place.account(), place.list(), place.name(), place.mostNames(), mostMembers);
    }

    /** Returns the place of an endpoint of a party. */
    Place placeOf(Party party, String endpoint) {
        return of(party, endpoint).place;
    }

    private Known of(Party party, String endpoint) {
        boolean named = party.tier().namedEndpoints().contains(endpoint);
        Asked asked = new Asked(party, named ? endpoint : new Scope.Endpoint(endpoint).name());
        Known found = known.get(asked);
        if (found == null) {
            found = make(party, endpoint, named);
            known.put(asked, found);
        }
        return found;
    }

    /** Resolves an endpoint by its real name: what stands for a long name may match another pattern. */
    private Known make(Party party, String endpoint, boolean named) {
        Scope.Endpoint scope = new Scope.Endpoint(endpoint);
        EndpointLimits limits = party.limits(endpoint);
        List<EncodedLimit> encodedLimits = new ArrayList<>();
        boolean bounded = false;
        boolean hasMeter = false;
        for (int i = 0; i < limits.own().size(); i++) {
            AppliedLimit own = limits.own().get(i);
            AppliedLimit overflow = limits.overflow().get(i);
            EncodedLimit encoded = new EncodedLimit(party.account(), own, overflow);
            encodedLimits.add(encoded);
            hasMeter |= encoded.hasMeter();
            bounded |= encoded.hasMeter() && !own.equals(overflow);
        }
        Place place = new Place(
                party.member(),
                party.account(),
                named ? RedisKeys.NAMED : RedisKeys.UNLISTED,
                scope.isOverflow() && !bounded ? RedisKeys.OVERFLOW : RedisKeys.listed(scope),
                bounded ? mostUnlisted : Place.ANY_NUMBER,
                party.member() != null && hasMeter ? mostMembers : Place.ANY_NUMBER);
        return new Known(place, List.copyOf(encodedLimits));
    }
}
