package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * This library under test: a key is an organization, the units are tokens, and each limit stands in a table of its own.
 */
final class LimiterTarget implements Target {

    private final InMemoryRateLimiter limiter;
    private final boolean reserving;

    LimiterTarget(Scenario scenario) {
        Tier.Builder tier = Tier.named("tier");
        for (int i = 0; i < scenario.limits().size(); i++) {
            tier.table(LimitTable.named("table " + i)
                    .eachOtherEndpoint(scenario.limits().get(i)));
        }
        limiter = InMemoryRateLimiter.builder().tier(tier.build()).build();
        reserving = scenario.reserving();
    }

    @Override
    public @Nullable LongConsumer ask(int key, long units) {
        String organization = "organization-" + key;
        Usage usage = Usage.of(Unit.TOKENS, units);
        if (!reserving) {
            return limiter.tryAcquire(organization, "chat", usage).isAdmitted() ? ADMITTED : null;
        }
        Reservation reservation = limiter.reserve(organization, "chat", usage);
        return reservation.decision().isAdmitted() ? actual -> reservation.settle(Usage.of(Unit.TOKENS, actual)) : null;
    }

    @Override
    public void cleanUp() {
        limiter.cleanUp();
    }
}
