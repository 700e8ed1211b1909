package dev.ratelimit.redis;

import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Party;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Limits of one endpoint, or of groups, that are charged with what limits of a former tier count.
 *
 * @param limitSet first the limits of the former tier, then those that are charged
 * @param to those that are charged
 */
record CarryOver(LimitSet limitSet, List<EncodedLimit> to) {

    /** What two limits must agree on. */
    private record Counterpart(String table, Scope scope, Unit unit) {

        static Counterpart of(MeterKey key) {
            return new Counterpart(key.table(), key.scope(), key.unit());
        }
    }

    /**
     * Makes those of a change of one party's plan: one endpoint at a time, since a run of the script lists one
     * endpoint.
     *
     * @param names the names of the endpoints that are listed
     * @param nothing a set without limits of the party
     * @param endpoints gives a set without limits of the party and an endpoint
     */
    static List<CarryOver> of(
            Party party,
            Party former,
            Collection<String> names,
            LimitSet nothing,
            Function<String, LimitSet> endpoints) {
        Map<Counterpart, EncodedLimit> counting = new HashMap<>();
        for (EncodedLimit from : OrganizationStatus.of(former, names).encodedLimits()) {
            counting.put(Counterpart.of(from.key), from);
        }
        Map<String, CarryOver> byEndpoint = new LinkedHashMap<>();
        for (EncodedLimit to : OrganizationStatus.of(party, names).encodedLimits()) {
            EncodedLimit from = counting.get(Counterpart.of(to.key));
            if (from != null && to.countsOverTime() && !from.key.span().equals(to.key.span())) {
                String endpoint = to.key.scope() instanceof Scope.Endpoint of ? of.name() : "";
                LimitSet all = to.isOfOneEndpoint() ? endpoints.apply(endpoint) : nothing;
                byEndpoint.merge(
                        to.isOfOneEndpoint() + endpoint,
                        new CarryOver(all.only(List.of(from, to)), List.of(to)),
                        CarryOver::and);
            }
        }
        return List.copyOf(byEndpoint.values());
    }

    private CarryOver and(CarryOver other) {
        List<EncodedLimit> all = new ArrayList<>(limitSet.limits().subList(0, to.size()));
        all.addAll(other.limitSet.limits().subList(0, other.to.size()));
        List<EncodedLimit> both = new ArrayList<>(to);
        both.addAll(other.to);
        all.addAll(both);
        return new CarryOver(limitSet.only(all), both);
    }
}
