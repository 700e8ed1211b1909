package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A tier made ready for deciding: the rules of each endpoint. Organizations on equal tiers share a plan. */
final class Plan {

    /** The rules of endpoints that no table names are made again when they are needed, so what is kept of them may be dropped at any time. */
    private static final int MAX_UNLISTED = 1_024;

    final Tier tier;

    /** Whether there are shadow tables. */
    final boolean shadows;

    private final Plans plans;
    private final List<String> tables;
    private final Map<String, Rule[]> named = new HashMap<>();

    /** The rules of all endpoints that no table names, if groups share all their limits; otherwise null. */
    private final Rule @Nullable [] others;

    private final ConcurrentHashMap<String, Rule[]> unlisted = new ConcurrentHashMap<>(1);

    Plan(Tier tier, Plans plans) {
        this.tier = tier;
        this.plans = plans;
        this.tables = tier.tables().stream().map(LimitTable::name).toList();
        this.shadows = tier.tables().stream().anyMatch(LimitTable::isShadow);
        Map<AppliedLimit, Rule> rules = new HashMap<>();
        for (String endpoint : tier.namedEndpoints()) {
            named.put(
                    endpoint,
                    inOrder(tier.limitsFor(endpoint).stream().map(limit -> rules.computeIfAbsent(limit, this::rule))));
        }
        boolean shared = !named.containsKey(EndpointNames.FURTHER)
                && tier.limitsFor(EndpointNames.FURTHER).stream()
                        .allMatch(limit -> limit.scope() instanceof Scope.Group);
        this.others = shared ? unlisted(EndpointNames.FURTHER) : null;
    }

    /** Returns the rules of an endpoint, in the order of charging; null if they depend on what an organization meters it by. */
    Rule @Nullable [] known(String endpoint) {
        Rule[] known = named.get(endpoint);
        return known != null ? known : others;
    }

    /** Returns the rules of an endpoint that the tier does not name, in the order of charging, by the name that it is metered by. */
    Rule[] unlisted(String endpoint) {
        Rule[] known = unlisted.get(endpoint);
        if (known != null) {
            return known;
        }
        if (unlisted.size() >= MAX_UNLISTED) {
            unlisted.clear();
        }
        Rule[] made = inOrder(tier.limitsFor(endpoint).stream().map(this::rule));
        unlisted.put(endpoint, made);
        return made;
    }

    private Rule rule(AppliedLimit limit) {
        return new Rule(plans.canonical(Rule.Key.of(tier, limit)), limit, tables.indexOf(limit.table()));
    }

    /** Puts rules in the order of charging: ascending spans, then what is a shadow, in the order of the tables. */
    private static Rule[] inOrder(Stream<Rule> rules) {
        Rule[] sorted = rules.toArray(Rule[]::new);
        Comparator<Rule> shadowsLast = Comparator.comparing(rule -> rule.shadow);
        Arrays.sort(sorted, shadowsLast.thenComparingLong(rule -> rule.shadow ? rule.order : rule.windowNanos));
        return sorted;
    }
}
