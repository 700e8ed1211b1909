package dev.ratelimit.core;

import dev.ratelimit.Tier;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What is kept for one organization: its meters by key, and views of them for the tiers it was last on. */
final class Organization {

    /** An organization with several kinds of keys is on several tiers at once. */
    private static final int MAX_VIEWS = 4;

    private final ConcurrentHashMap<Rule.Key, Meter> meters = new ConcurrentHashMap<>(1);
    private volatile @Nullable TierView view;

    /** Returns this organization's view for a tier, null if there is none. */
    @Nullable
    TierView view(Tier tier) {
        TierView known = view;
        while (known != null && !known.plan.tier.equals(tier)) {
            known = known.older;
        }
        return known;
    }

    /**
     * Makes a view for a plan. Views hold no counts of their own: one that is lost to a race, or left out because there were many,
     * is made again when it is needed.
     */
    TierView addView(Plan plan, Clocks clocks) {
        TierView newest = view;
        TierView older = newest != null && newest.depth < MAX_VIEWS ? newest : null;
        TierView added = new TierView(plan, this, clocks, older);
        view = added;
        return added;
    }

    /** Returns the one meter of a key. */
    Meter meter(Rule rule, Clocks clocks) {
        Meter meter = meters.get(rule.key);
        return meter != null ? meter : meters.computeIfAbsent(rule.key, key -> rule.newMeter(clocks));
    }
}
