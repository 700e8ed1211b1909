package dev.ratelimit.micrometer;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of scopes in tags, all of them names of the tier: the endpoint; a group between brackets; the pattern that
 * matches an endpoint; and {@code each other endpoint} for endpoints that no row names, whatever callers call them.
 *
 * <p>Safe for use by many threads.
 */
final class ScopeNames {

    private static final int MAX_TIERS = 1_024;

    private final Map<Tier, OfTier> tiers = new ConcurrentHashMap<>();

    /**
     * Returns the name of a limit's scope.
     *
     * @param caller whose call the limit decided
     * @param applied the limit, of the organization or of one of the members
     */
    String of(Caller caller, AppliedLimit applied) {
        Optional<Member> member = applied.member();
        Tier tier = member.isEmpty()
                ? caller.tier()
                : caller.tierOf(member.get().kind()).orElse(caller.tier());
        OfTier known = tiers.get(tier);
        return (known != null ? known : met(tier)).of(applied);
    }

    private OfTier met(Tier tier) {
        if (tiers.size() >= MAX_TIERS) {
            tiers.clear();
        }
        return tiers.computeIfAbsent(tier, OfTier::new);
    }

    private static final class OfTier {

        private final Tier tier;
        private final Map<String, Map<Scope, String>> byTable = new HashMap<>();

        OfTier(Tier tier) {
            this.tier = tier;
            for (AppliedLimit applied : tier.limits()) {
                Map<Scope, String> names = byTable.computeIfAbsent(applied.table(), table -> new HashMap<>());
                Scope scope = applied.scope();
                names.put(scope, scope instanceof Scope.Group ? '[' + scope.name() + ']' : scope.name());
                if (scope instanceof Scope.EachMatchingEndpoint matching) {
                    names.put(matching.overflow(), scope.name());
                } else if (scope instanceof Scope.EachOtherEndpoint) {
                    names.put(Scope.Endpoint.OVERFLOW, scope.name());
                }
            }
        }

        String of(AppliedLimit applied) {
            Map<Scope, String> names = byTable.getOrDefault(applied.table(), Map.of());
            String named = names.get(applied.scope());
            return named != null ? named : ofUnnamed(applied, names);
        }

        /** An endpoint without a name of the tier's is called as the others of its row. */
        private String ofUnnamed(AppliedLimit applied, Map<Scope, String> names) {
            for (AppliedLimit others : tier.overflowFor(applied.scope().name())) {
                if (others.table().equals(applied.table())) {
                    return names.getOrDefault(others.scope(), Counters.NONE);
                }
            }
            return Counters.NONE;
        }
    }
}
