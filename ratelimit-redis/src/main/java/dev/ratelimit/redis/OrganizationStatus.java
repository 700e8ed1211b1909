package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The limits of an overview.
 *
 * @param encodedLimits first those that the tier's tables name, then those of other endpoints by themselves, by name
 * @param named the former, which are shown used or not
 */
record OrganizationStatus(List<EncodedLimit> encodedLimits, Set<AppliedLimit> named) {

    /** Makes it of the names of the endpoints that are listed. */
    static OrganizationStatus of(Caller caller, Collection<String> listed) {
        List<AppliedLimit> all = new ArrayList<>(caller.tier().namedLimits());
        Set<AppliedLimit> named = new HashSet<>(all);
        Set<String> others = new TreeSet<>();
        listed.stream()
                .filter(name -> !name.equals(RedisKeys.WRITTEN))
                .map(RedisKeys::unlisted)
                .forEach(others::add);
        if (others.contains(Scope.Endpoint.OVERFLOW.name())) {
            caller.tier().limits().stream()
                    .map(AppliedLimit::scope)
                    .filter(Scope.EachMatchingEndpoint.class::isInstance)
                    .forEach(scope -> others.add(
                            ((Scope.EachMatchingEndpoint) scope).overflow().name()));
        }
        caller.tier().namedEndpoints().forEach(name -> others.remove(new Scope.Endpoint(name).name()));
        for (String other : others) {
            caller.tier().limitsFor(other).stream()
                    .filter(limit -> limit.scope() instanceof Scope.Endpoint)
                    .forEach(all::add);
        }
        return new OrganizationStatus(
                all.stream()
                        .map(limit -> new EncodedLimit(caller.tier().account(), limit))
                        .toList(),
                named);
    }

    /** Leaves out what other endpoints have not used. */
    List<LimitStatus> relevant(List<LimitStatus> statuses) {
        return statuses.stream()
                .filter(status -> named.contains(status.applied()) || status.used() > 0)
                .toList();
    }
}
