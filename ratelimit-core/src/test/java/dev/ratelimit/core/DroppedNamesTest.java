package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.BoundLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** A limiter holds no name and no tier of an organization that it has dropped, whoever made them up. */
class DroppedNamesTest {

    private final ManualTime time = new ManualTime();

    /** All that hosts and callers have named: a new object each time, so that it is known whether somebody holds it. */
    private final List<WeakReference<Object>> named = new ArrayList<>();

    /** Names that are in use, until the host forgets them. */
    private final Map<String, String> names = new HashMap<>();

    private final Map<String, Tier> tiers = new HashMap<>();

    private <T> T noted(T made) {
        named.add(new WeakReference<>(made));
        return made;
    }

    private String name(String text) {
        return names.computeIfAbsent(text, same -> noted(new String(same.toCharArray())));
    }

    @RepeatedTest(10)
    void whateverWasCalledUnderWhateverTiers(RepetitionInfo repetition) throws IOException {
        Random random = new Random(repetition.getCurrentRepetition());
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tiers(organization -> tier(random, organization))
                .timeSource(time)
                .maxUnlistedEndpoints(random.nextInt(40))
                .maxOrganizations(6, CapacityPolicy.REFUSE)
                .listener(new RateLimitListener() {
                    @Override
                    public List<Double> nearLimitAt() {
                        return List.of(0.5);
                    }
                })
                .build();
        for (int i = 0; i < 1_000; i++) {
            call(random, limiter);
            if (random.nextInt(10) == 0) {
                time.advance(Duration.ofMillis(random.nextInt(100_000)));
            }
        }
        assertThat(named).hasSizeGreaterThan(500);
        names.clear();
        tiers.clear();
        time.advance(Duration.ofDays(40));
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isZero();
        Garbage.assertCollected(named, limiter::cleanUp);
        assertThat(limiter.stats().organizations()).isZero();
    }

    /** Calls in one of many ways. */
    private void call(Random random, InMemoryRateLimiter limiter) throws IOException {
        String organization = name("organization " + random.nextInt(8));
        String endpoint = endpoint(random, organization);
        switch (random.nextInt(12)) {
            case 0 -> limiter.peek(organization, endpoint, Usage.call());
            case 1 -> limiter.status(organization, endpoint);
            case 2 -> limiter.status(organization);
            case 3 -> limiter.bind(organization, endpoint).tryAcquire();
            case 4 -> limiter.tryAcquire(Caller.of(organization, tier(random, organization)), endpoint);
            case 5 -> {
                Reservation reservation = limiter.reserve(organization, endpoint, Usage.call());
                reservation.use(Usage.call());
                reservation.settle(Usage.call());
            }
            case 6 -> grant(random, limiter, organization, endpoint);
            case 7 -> limiter.snapshot(OutputStream.nullOutputStream());
            case 8 -> {
                if (random.nextInt(10) == 0) {
                    limiter.admin().reset(organization);
                    limiter.admin().forget(name("organization " + random.nextInt(8)));
                }
            }
            default -> limiter.tryAcquire(organization, endpoint);
        }
    }

    private void grant(Random random, InMemoryRateLimiter limiter, String organization, String endpoint) {
        Tier tier = tier(random, organization);
        for (AppliedLimit limit : tier.limitsFor(endpoint)) {
            if (limit.limit() instanceof Quota) {
                limiter.admin().grant(Caller.of(organization, tier), limit, 1);
            }
        }
    }

    private String endpoint(Random random, String organization) {
        String endpoint = organization + ", endpoint " + random.nextInt(60);
        return name(random.nextInt(4) == 0 ? endpoint.repeat(50) : endpoint);
    }

    /** Returns a tier of the organization's own: the one that it had, another one, or an equal one. */
    private Tier tier(Random random, String organization) {
        if (random.nextInt(4) == 0) {
            tiers.remove(organization);
        }
        return tiers.computeIfAbsent(organization, missing -> noted(tierOf(organization, random.nextInt(3))));
    }

    private Tier tierOf(String organization, int number) {
        return Tier.named(name("tier " + number + " of " + organization))
                .table(LimitTable.named(name("minutes of " + organization))
                        .each(RateLimit.perMinute(2), name(organization + ", endpoint 1"))
                        .eachOtherEndpoint(RateLimit.perMinute(3 + number)))
                .table(LimitTable.named("days")
                        .eachOtherEndpoint(Quota.of(Unit.CALLS, 4, QuotaPeriod.day(ZoneOffset.UTC))))
                .table(LimitTable.named("months")
                        .otherEndpointsTogether(name("all of " + organization), Quota.perMonth(1_000))
                        .asShadow())
                .build();
    }

    private InMemoryRateLimiter limiter(int perMinute) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(perMinute)))
                        .build())
                .timeSource(time)
                .build();
    }

    /** Of the heap, so that copies of names count too. In rounds, as a leak of one round may be small. */
    @Test
    void newNamesInEveryRoundLeaveNothingOnTheHeap() {
        InMemoryRateLimiter limiter = limiter(5);
        long before = Garbage.heap();
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 1_000; i++) {
                limiter.tryAcquire("acme", "x".repeat(4_000) + round + " " + i);
            }
            time.advance(Duration.ofMinutes(1));
            limiter.cleanUp();
        }
        assertThat(limiter.stats().organizations()).isZero();
        Garbage.assertHeapShrinks(before + 1_000_000, limiter::cleanUp);
    }

    @Test
    void aLongNameIsNotHeldEvenWhileItCounts() {
        InMemoryRateLimiter limiter = limiter(1);
        for (int i = 0; i < 10; i++) {
            String name = noted("x".repeat(8_000) + i);
            assertThat(limiter.tryAcquire("acme", name).isAdmitted()).isTrue();
            assertThat(limiter.tryAcquire("acme", name).isAdmitted()).isFalse();
        }
        Garbage.assertCollected(named, () -> {});
        assertThat(limiter.stats().meters()).isEqualTo(10);
        assertThat(limiter.tryAcquire("acme", "x".repeat(8_000) + 3).isAdmitted())
                .isFalse();
    }

    /** An organization that was dropped had others behind it in the list that idle ones are found by. */
    @Test
    void whoeverHoldsOneThatWasDroppedHoldsNoOther() {
        InMemoryRateLimiter limiter = limiter(1);
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire(noted("older " + i), "chat").isAdmitted())
                    .isTrue();
        }
        BoundLimiter bound = limiter.bind("acme", "chat");
        assertThat(bound.tryAcquire().isAdmitted()).isTrue();
        Reservation reservation = limiter.reserve("globex", "chat", Usage.call());
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire(noted("newer " + i), "chat").isAdmitted())
                    .isTrue();
        }
        time.advance(Duration.ofMinutes(1));
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isZero();
        Garbage.assertCollected(named, limiter::cleanUp);
        assertThat(bound.tryAcquire().isAdmitted()).isTrue();
        assertThat(reservation.cancel()).isTrue();
    }
}
