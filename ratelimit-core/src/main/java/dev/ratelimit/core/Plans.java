package dev.ratelimit.core;

import dev.ratelimit.Tier;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The plans of a limiter by tier. They are made again when they are needed, so what is kept of them may be dropped at any time. */
final class Plans {

    private static final int MAX_PLANS = 1_024;

    /** A key that is not the same as an equal one only takes longer to find. */
    private static final int MAX_KEYS = 65_536;

    private final ConcurrentHashMap<Tier, Plan> plans = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Rule.Key, Rule.Key> keys = new ConcurrentHashMap<>();

    /** The plan of the tier that came first, in most limiters that of nearly all organizations. */
    private volatile @Nullable Plan first;

    Plan of(Tier tier) {
        Plan plan = plans.get(tier);
        if (plan != null) {
            return plan;
        }
        if (plans.size() >= MAX_PLANS) {
            plans.clear();
        }
        Plan made = plans.computeIfAbsent(tier, missing -> new Plan(missing, this));
        if (first == null) {
            first = made;
        }
        return made;
    }

    /**
     * Returns the plan of an organization's tier. That the first plan is looked at before the organization lets the processor go on to the
     * rules while it waits for the organization's memory.
     */
    @SuppressWarnings("ReferenceEquality") // an equal tier is compared by the organization
    Plan of(Tier tier, Organization organization) {
        Plan known = first;
        return known != null && known.tier == tier ? known : organization.plan(tier);
    }

    /** Returns the same one for equal keys, as long as there are not too many. */
    Rule.Key canonical(Rule.Key key) {
        if (keys.size() >= MAX_KEYS) {
            keys.clear();
        }
        Rule.Key earlier = keys.putIfAbsent(key, key);
        return earlier != null ? earlier : key;
    }
}
