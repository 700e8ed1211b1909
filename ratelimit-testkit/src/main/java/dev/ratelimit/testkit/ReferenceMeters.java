package dev.ratelimit.testkit;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Scope;
import dev.ratelimit.kernel.EndpointLimits;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Party;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a {@link ReferenceRateLimiter}, and who has meters of their own: endpoints that no table names and
 * members, up to a bound each. For one thread at a time.
 */
final class ReferenceMeters {

    private final int maxUnlistedEndpoints;
    private final int maxMembers;
    private final Map<Key, ReferenceMeter> meters = new HashMap<>();

    /** By party: the endpoints that no table names, that have used something, and that have meters of their own. */
    private final Map<Holder, Set<Scope>> unlisted = new HashMap<>();

    /** The members that have used something, and that have meters of their own; and what further ones share. */
    private final Set<Holder> members = new HashSet<>();

    ReferenceMeters(int maxUnlistedEndpoints, int maxMembers) {
        this.maxUnlistedEndpoints = maxUnlistedEndpoints;
        this.maxMembers = maxMembers;
    }

    /** Returns the meter of a limit; one of which nothing is used, if there was none. */
    ReferenceMeter of(Caller caller, AppliedLimit applied) {
        return meters.computeIfAbsent(keyOf(caller, applied), missing -> ReferenceMeter.of(applied.limit()));
    }

    private static Key keyOf(Caller caller, AppliedLimit applied) {
        return new Key(caller.organization(), MeterKey.of(caller.tier().account(), applied));
    }

    /** Returns the limits of a caller's parties that have a meter. */
    List<AppliedLimit> metered(Caller caller) {
        return meters.keySet().stream()
                .flatMap(key -> limitsOf(caller, key.meter)
                        .filter(limit -> keyOf(caller, limit).equals(key)))
                .toList();
    }

    /** Returns the limits of a caller's parties that have the table, the scope, the unit and the party of a meter. */
    Stream<AppliedLimit> limitsOf(Caller caller, MeterKey key) {
        return parties(caller).stream()
                .filter(party -> Objects.equals(party.member(), key.member()))
                .flatMap(party -> key.scope() instanceof Scope.Endpoint endpoint
                        ? party.limits(endpoint.name()).own().stream()
                        : party.namedLimits().stream())
                .filter(limit -> limit.table().equals(key.table())
                        && limit.scope().equals(key.scope())
                        && limit.limit().unit().equals(key.unit()));
    }

    /** Returns the names of endpoints of which a party has meters, used or not. */
    Set<String> endpoints(Caller caller, Party party) {
        Set<String> names = new TreeSet<>();
        for (Key key : meters.keySet()) {
            if (key.organization.equals(caller.organization())
                    && Objects.equals(key.meter.member(), party.member())
                    && key.meter.scope() instanceof Scope.Endpoint endpoint) {
                names.add(endpoint.name());
            }
        }
        return names;
    }

    /** Returns the limits that decide a call, in the order of its parties. */
    List<AppliedLimit> limitsFor(Caller caller, String endpoint) {
        return parties(caller).stream()
                .flatMap(party -> limitsFor(caller, party, endpoint).stream())
                .toList();
    }

    private List<AppliedLimit> limitsFor(Caller caller, Party party, String endpoint) {
        Set<Scope> own = unlisted.getOrDefault(holder(caller, party.member()), Set.of());
        boolean counts = own.size() < maxUnlistedEndpoints || own.contains(new Scope.Endpoint(endpoint));
        EndpointLimits limits = party.limits(endpoint);
        return counts ? limits.own() : limits.overflow();
    }

    /** Returns the parties of a call; in the place of a member beyond the bound, the overflow of its kind. */
    List<Party> parties(Caller caller) {
        return Party.of(caller).stream()
                .map(party -> hasMeters(caller, party) ? party : party.overflow())
                .toList();
    }

    private boolean hasMeters(Caller caller, Party party) {
        if (party.member() == null || members.contains(holder(caller, party.member()))) {
            return true;
        }
        long own = members.stream()
                .filter(holder -> holder.organization.equals(caller.organization()) && !holder.isOverflow())
                .count();
        return own < maxMembers
                && !members.contains(holder(caller, party.overflow().member()));
    }

    /** Returns who has meters: a member within the account of its organization's tier, or the organization. */
    private static Holder holder(Caller caller, @Nullable Member member) {
        return new Holder(
                caller.organization(), member == null ? "" : caller.tier().account(), member);
    }

    /**
     * Takes note that a limit was charged. If it is of an endpoint that no table names, that endpoint has a meter of
     * its own from now on; and a member whose limit it is has meters of its own, or new ones of its kind share some.
     */
    void charged(Caller caller, AppliedLimit limit) {
        Party party = partyOf(caller, limit);
        Stream<Scope> named = party.tier().namedEndpoints().stream().map(Scope.Endpoint::new);
        Holder holder = holder(caller, party.member());
        if (limit.scope() instanceof Scope.Endpoint endpoint
                && !party.limits(endpoint.name()).overflow().contains(limit)
                && named.noneMatch(endpoint::equals)) {
            unlisted.computeIfAbsent(holder, name -> new HashSet<>()).add(endpoint);
        }
        if (party.member() != null) {
            members.add(holder);
        }
    }

    /** Returns the party of a call whose limit this is. */
    static Party partyOf(Caller caller, AppliedLimit limit) {
        return Party.of(caller).stream()
                .flatMap(party -> Stream.of(party, party.overflow()))
                .filter(party -> limit.member().equals(Optional.ofNullable(party.member())))
                .findFirst()
                .orElseThrow();
    }

    private record Key(String organization, MeterKey meter) {}

    private record Holder(
            String organization, String account, @Nullable Member member) {

        boolean isOverflow() {
            return member != null && member.isOverflow();
        }
    }
}
