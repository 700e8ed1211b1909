package dev.ratelimit.core;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tells where an organization stands, or a member of one. The questions make no meter in its state. */
final class OrganizationStatus {

    private OrganizationStatus() {}

    /** Returns where an organization stands with the limits of an endpoint, in the order of the tables. */
    static List<LimitStatus> of(OrganizationState state, Tier tier, String endpoint) {
        return of(state, state.peekLimits(tier, endpoint));
    }

    /** Returns where an organization stands with some limits, in the order of the tables. */
    static List<LimitStatus> of(OrganizationState state, CompiledLimit[] limits) {
        OrganizationState view = state.view(limits);
        long now = state.context.clocks().nanoTime();
        return Arrays.stream(limits)
                .sorted(comparingInt(limit -> limit.order))
                .map(limit -> state.whose(0, view.meter(limit).status(limit, now)))
                .toList();
    }

    /**
     * Returns where an organization stands with all limits of a tier. Behind them come the limits of other endpoints
     * of which something is used or granted.
     */
    static List<LimitStatus> of(OrganizationState state, Tier tier) {
        long now = state.context.clocks().nanoTime();
        Stream<LimitStatus> known = state.namedLimits(tier).map(limit -> of(state, limit, now));
        Stream<LimitStatus> touched = limitsOfOtherEndpoints(state, tier).stream()
                .map(limit -> of(state, limit, now))
                .filter(status -> status.used() > 0 || status.granted() > 0);
        return Stream.concat(known, touched)
                .map(status -> state.whose(0, status))
                .toList();
    }

    private static LimitStatus of(OrganizationState state, CompiledLimit limit, long now) {
        Meter meter = state.find(limit);
        return meter != null
                ? meter.status(limit, now)
                : LimitStatus.of(limit.applied(), 0, 0, Optional.of(Duration.ZERO));
    }

    /**
     * Returns the limits of the endpoints that have meters and that the tier does not name, without those of groups, in
     * the order of the names that their meters have under the tier, and of the tables.
     */
    private static Set<CompiledLimit> limitsOfOtherEndpoints(OrganizationState state, Tier tier) {
        Set<String> named = tier.namedEndpoints().stream()
                .map(endpoint -> new Scope.Endpoint(endpoint).name())
                .collect(Collectors.toSet());
        Comparator<CompiledLimit> byName = comparing(limit -> limit.key.scope().name());
        Set<CompiledLimit> others = new TreeSet<>(byName.thenComparingInt(limit -> limit.order));
        state.forEach((key, meter) -> {
            if (key.scope() instanceof Scope.Endpoint endpoint && !named.contains(endpoint.name())) {
                Arrays.stream(state.peekLimits(tier, endpoint.name()))
                        .filter(limit -> limit.key.scope() instanceof Scope.Endpoint)
                        .forEach(others::add);
            }
        });
        return others;
    }
}
