package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Histories of calls at more endpoints than an organization may have meters of their own for. The limiter answers as
 * the reference does, which has no bound, where that is called by the name of the overflow row for each further
 * endpoint.
 */
class UnlistedEndpointsProperties {

    private static final Tier[] TIERS = {
        tier("a", 3),
        tier("b", 5),
        Tier.named("c")
                .table(LimitTable.named("minutes").each(RateLimit.perMinute(2), "endpoint 1", "endpoint 2"))
                .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(4)))
                .build()
    };

    private static Tier tier(String name, int amount) {
        return Tier.named(name)
                .table(LimitTable.named("minutes")
                        .each(RateLimit.perMinute(2), "endpoint 0")
                        .eachOtherEndpoint(RateLimit.perMinute(amount)))
                .table(LimitTable.named("hours").otherEndpointsTogether("all", RateLimit.perHour(30)))
                .build();
    }

    private final Set<String> own = new HashSet<>();
    private int most;

    @Property(tries = 300)
    void furtherEndpointsAreTheOverflowRow(@ForAll Random random) throws IOException {
        ManualTime time = new ManualTime();
        own.clear();
        most = random.nextInt(5);
        InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder()
                .tier(TIERS[0])
                .maxUnlistedEndpoints(most)
                .timeSource(time);
        InMemoryRateLimiter limiter = builder.build();
        RateLimiter reference = new ReferenceRateLimiter(organization -> TIERS[0], time);
        for (int i = 0; i < 200; i++) {
            time.advance(Duration.ofMillis(random.nextInt(random.nextInt(20) == 0 ? 4_000_000 : 10_000)));
            if (random.nextInt(20) == 0) {
                limiter = changed(random, limiter, builder);
            }
            Caller caller = Caller.of("acme", TIERS[random.nextInt(TIERS.length)]);
            String endpoint = endpoint(random);
            if (random.nextInt(3) == 0) {
                String name = meteredName(caller.tier(), endpoint);
                assertThat(limiter.status(caller, endpoint)).isEqualTo(reference.status(caller, name));
                assertThat(limiter.peek(caller, endpoint, Usage.call()))
                        .isEqualTo(reference.peek(caller, name, Usage.call()));
                assertThat(limiter.status(caller))
                        .isEqualTo(reference.status(caller).stream()
                                .filter(status -> isMetered(caller.tier(), status))
                                .toList());
            } else {
                takeUp(caller.tier(), endpoint);
                Decision decision = limiter.tryAcquire(caller, endpoint);
                assertThat(decision).isEqualTo(reference.tryAcquire(caller, meteredName(caller.tier(), endpoint)));
            }
        }
    }

    private static String endpoint(Random random) {
        String name = "endpoint " + random.nextInt(8);
        return random.nextInt(10) == 0 ? name.repeat(40) : name;
    }

    /**
     * Drops what is idle, or goes on after a restart. A limiter that keeps nothing of the organization has forgotten
     * its names.
     */
    private InMemoryRateLimiter changed(Random random, InMemoryRateLimiter limiter, InMemoryRateLimiterBuilder builder)
            throws IOException {
        InMemoryRateLimiter after = limiter;
        if (random.nextBoolean()) {
            limiter.cleanUp();
        } else {
            ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
            limiter.snapshot(snapshot);
            after = builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
        }
        if (after.stats().organizations() == 0) {
            own.clear();
        }
        return after;
    }

    private void takeUp(Tier tier, String endpoint) {
        if (!tier.namedEndpoints().contains(endpoint) && own.size() < most) {
            own.add(new Scope.Endpoint(endpoint).name());
        }
    }

    private String meteredName(Tier tier, String endpoint) {
        String name = new Scope.Endpoint(endpoint).name();
        boolean itself = tier.namedEndpoints().contains(endpoint) || own.contains(name) || own.size() < most;
        return itself ? name : Scope.Endpoint.OVERFLOW.name();
    }

    /**
     * Tells whether a row of the reference is one that the limiter has. A tier may not meter an endpoint that another
     * one names.
     */
    private boolean isMetered(Tier tier, LimitStatus status) {
        Scope scope = status.applied().scope();
        return scope instanceof Scope.Group || meteredName(tier, scope.name()).equals(scope.name());
    }
}
