package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tier made ready for deciding: the rules of each endpoint it names, and a slot for each meter that they need. Organizations on
 * equal tiers share a plan.
 */
final class Plan {

    final Tier tier;

    /** How many meters the named endpoints have. */
    final int slots;

    /** Whether there are shadow tables. */
    final boolean shadows;

    private final Map<String, Rule[]> named = new HashMap<>();
    private final List<String> tables;

    Plan(Tier tier) {
        this.tier = tier;
        this.tables = tier.tables().stream().map(LimitTable::name).toList();
        this.shadows = tier.tables().stream().anyMatch(LimitTable::isShadow);
        Map<AppliedLimit, Rule> rules = new HashMap<>();
        for (String endpoint : tier.namedEndpoints()) {
            named.put(
                    endpoint,
                    inOrder(tier.limitsFor(endpoint).stream()
                            .map(limit -> rules.computeIfAbsent(limit, key -> rule(key, rules.size())))));
        }
        this.slots = rules.size();
    }

    /** Returns the rules of an endpoint that the tier names, in the order of charging; null if it does not name it. */
    Rule @Nullable [] named(String endpoint) {
        return named.get(endpoint);
    }

    /** Makes the rules of an endpoint that the tier does not name, in the order of charging, with slots of their own. */
    Rule[] unlisted(String endpoint) {
        List<AppliedLimit> limits = tier.limitsFor(endpoint);
        return inOrder(limits.stream().map(limit -> rule(limit, limits.indexOf(limit))));
    }

    private Rule rule(AppliedLimit limit, int slot) {
        return new Rule(tier.account(), limit, tables.indexOf(limit.table()), slot);
    }

    /** Puts rules in the order of charging: ascending spans, then what is a shadow, in the order of the tables. */
    private static Rule[] inOrder(Stream<Rule> rules) {
        Rule[] sorted = rules.toArray(Rule[]::new);
        Comparator<Rule> shadowsLast = Comparator.comparing(rule -> rule.shadow);
        Arrays.sort(sorted, shadowsLast.thenComparingLong(rule -> rule.shadow ? rule.order : rule.windowNanos));
        return sorted;
    }
}
