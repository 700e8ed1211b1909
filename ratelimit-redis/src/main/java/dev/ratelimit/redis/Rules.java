package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Tier;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The limits of endpoints made ready for the script, kept for those that were asked for last. Safe for use by many threads. */
final class Rules {

    /* Tiers may be built for each organization, and names of endpoints may be anything: so all is dropped when there is too much of it. */
    private static final int MOST = 4_096;

    private record Asked(Tier tier, String endpoint) {}

    private record Known(String name, List<Rule> rules, int mostNames) {}

    private final Map<Asked, Known> known = new ConcurrentHashMap<>();
    private final int mostUnlisted;

    /** Makes them, for so many endpoints at most that no table names and that count by themselves. */
    Rules(int mostUnlisted) {
        this.mostUnlisted = mostUnlisted;
    }

    Target of(Caller caller, String endpoint) {
        Asked asked = new Asked(caller.tier(), endpoint);
        Known found = known.get(asked);
        if (found == null) {
            found = make(caller.tier(), endpoint);
            if (known.size() >= MOST) {
                known.clear();
            }
            known.put(asked, found);
        }
        return new Target(caller, found.name, found.rules, found.mostNames);
    }

    private Known make(Tier tier, String endpoint) {
        List<Rule> rules = tier.limitsFor(endpoint).stream()
                .map(limit -> new Rule(tier.account(), limit))
                .toList();
        boolean bounded =
                !tier.namedEndpoints().contains(endpoint) && rules.stream().anyMatch(Rule::isOfOneEndpoint);
        return new Known(Keys.escape(endpoint), rules, bounded ? mostUnlisted : Target.ANY_NUMBER);
    }
}
