package dev.ratelimit.core;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.util.List;
import java.util.stream.Collectors;

/** The organizations of a limiter whose time stands still. */
final class Book {

    static final String ADMITTED = "admitted";
    static final String REFUSED = "refused";

    private static final String NAME = "acme";

    final OrganizationStore all = new OrganizationStore(
            new Clocks(new ManualTime()),
            new Listeners(List.of(), new ThrottledLog(new ManualTime(), "limits")),
            10,
            10,
            CapacityPolicy.ADMIT_UNMETERED);

    /** Returns a tier with the same meter as every other that this returns, for all endpoints. */
    static Tier perHour(long amount) {
        return Tier.named("per hour " + amount)
                .table(LimitTable.named("calls").otherEndpointsTogether("all", RateLimit.perHour(amount)))
                .build();
    }

    OrganizationState organization() {
        return all.require(NAME);
    }

    String call(Tier tier, String endpoint) {
        return all.tryAcquire(NAME, tier, endpoint, Usage.call()).isAdmitted() ? ADMITTED : REFUSED;
    }

    /** Returns what is used of the limits of an endpoint, in the order of their tables. */
    String used(Tier tier, String endpoint) {
        return all.status(NAME, tier, endpoint).stream()
                .map(LimitStatus::used)
                .map(String::valueOf)
                .collect(Collectors.joining("/"));
    }
}
