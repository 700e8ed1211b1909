package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.MeterKey;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Carries over what an organization has used when its plan changes.
 *
 * <p>Each limit of a tier is charged what its counterpart of the former tier counts: the limit of the same table, scope
 * and unit. Their spans differ. Limits of one span share a meter, so there is nothing to carry over.
 */
final class CarryOver {

    private CarryOver() {}

    /**
     * Charges what counts now to the state of a party, from the state that it had under the former tier: the same one,
     * or that of a member in another account. Returns where the party then stands with the limits that were charged. If
     * a clock throws, nothing is charged.
     */
    static List<LimitStatus> charge(OrganizationState organization, Tier tier, OrganizationState source, Tier former) {
        long now = organization.context.clocks().nanoTime();
        Map<AppliedLimit, Long> counting = new LinkedHashMap<>();
        for (AppliedLimit limit : limits(source, tier, former)) {
            counterpart(limit, former)
                    .map(of -> CompiledLimit.of(former, source.account(former), of))
                    .filter(of -> !of.key.span().equals(MeterKey.Span.of(limit.limit())))
                    .ifPresent(of -> {
                        Meter meter = source.find(of);
                        long used = meter == null ? 0 : meter.status(of, now).used();
                        if (used > 0) {
                            counting.put(limit, used);
                        }
                    });
        }
        Map<CompiledLimit, Meter.Charged> charged = new LinkedHashMap<>();
        boolean told = false;
        try {
            counting.forEach((applied, used) -> {
                CompiledLimit limit = organization.limit(tier, applied);
                charged.put(limit, organization.meter(limit).chargeAnyway(limit, used, now));
            });
            Set<MeterKey> keys = new HashSet<>();
            List<LimitStatus> status = charged.keySet().stream()
                    .filter(limit -> keys.add(limit.key))
                    .map(limit ->
                            organization.whose(0, organization.meter(limit).status(limit, now)))
                    .toList();
            told = true;
            return status;
        } finally {
            if (!told) {
                charged.forEach((limit, all) -> {
                    Meter meter = organization.meter(limit);
                    meter.refund(limit, meter.booking(all.position()), all.units(), all.units(), now);
                });
            }
        }
    }

    /**
     * Returns the limits of a tier: those of its groups, of the endpoints that either tier names, and of those with
     * meters.
     */
    private static List<AppliedLimit> limits(OrganizationState organization, Tier tier, Tier former) {
        Set<String> endpoints = new LinkedHashSet<>(tier.namedEndpoints());
        endpoints.addAll(former.namedEndpoints());
        organization.forEach((key, meter) -> {
            if (key.scope() instanceof Scope.Endpoint endpoint) {
                endpoints.add(endpoint.name());
            }
        });
        Stream<AppliedLimit> ofEndpoints = endpoints.stream()
                .flatMap(endpoint -> tier.limitsFor(endpoint).stream())
                .filter(limit -> limit.scope() instanceof Scope.Endpoint);
        return Stream.concat(tier.namedLimits().stream(), ofEndpoints)
                .distinct()
                .toList();
    }

    private static Optional<AppliedLimit> counterpart(AppliedLimit limit, Tier former) {
        List<AppliedLimit> limits = limit.scope() instanceof Scope.Endpoint endpoint
                ? former.limitsFor(endpoint.name())
                : former.namedLimits();
        return limits.stream()
                .filter(of -> of.table().equals(limit.table())
                        && of.scope().equals(limit.scope())
                        && of.limit().unit().equals(limit.limit().unit()))
                .findFirst();
    }
}
