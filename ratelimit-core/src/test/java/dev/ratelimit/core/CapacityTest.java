package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.CapacityReached;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Random;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What it takes to refuse an organization for which there is no place, and when it finds one. */
class CapacityTest {

    private static final Tier HOURLY = tier(RateLimit.perHour(1_000));
    private static final Usage NOTHING = Usage.of(Unit.CALLS, 0);
    private static final int CALLS = 1_000;

    private final CountedTime time = new CountedTime();

    private static Tier tier(Limit limit) {
        return Tier.named("tier")
                .table(LimitTable.named("table").eachOtherEndpoint(limit))
                .build();
    }

    /** Returns a limiter with as many organizations as it may have. */
    private InMemoryRateLimiter full(int organizations) {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(HOURLY)
                .maxOrganizations(organizations, CapacityPolicy.REFUSE)
                .timeSource(time)
                .build();
        for (int i = 0; i < organizations; i++) {
            assertThat(limiter.tryAcquire("known " + i, "chat").isAdmitted()).isTrue();
        }
        time.time.advance(Duration.ofMillis(1));
        return limiter;
    }

    private void assertRefusedInOneStep(IntConsumer call) {
        int before = time.nanoTimes;
        for (int i = 0; i < CALLS; i++) {
            call.accept(i);
        }
        // A call reads the clock once, and so does each step of the sweep that comes once in a millisecond.
        assertThat(time.nanoTimes - before).isBetween(CALLS, CALLS + 70);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 1_000})
    void toRefuseACallLooksAtNoOrganizationButOnceInAMillisecond(int organizations) {
        InMemoryRateLimiter limiter = full(organizations);
        Rejected refusal = Rejected.permanent(new CapacityReached(organizations), "");
        for (int i = 0; i < 3; i++) {
            assertRefusedInOneStep(call ->
                    assertThat(limiter.tryAcquire("unknown " + call, "chat")).isEqualTo(refusal));
            assertRefusedInOneStep(call -> assertThat(limiter.peek("unknown " + call, "chat", Usage.call()))
                    .isEqualTo(refusal));
            BoundEndpoint bound = limiter.bind("unknown", "chat");
            assertRefusedInOneStep(call -> assertThat(bound.tryAcquire()).isEqualTo(refusal));
            time.time.advance(Duration.ofMillis(1));
        }
        assertThat(limiter.stats().organizations()).isEqualTo(organizations);
    }

    @Test
    void toAskWhereAnUnknownOrganizationStandsLooksAtNoOther() {
        InMemoryRateLimiter limiter = full(1_000);
        int before = time.nanoTimes;
        for (int i = 0; i < CALLS; i++) {
            assertThat(limiter.status("unknown " + i)).isEmpty();
        }
        assertThat(time.nanoTimes - before).isEqualTo(CALLS);
    }

    /**
     * One call in a millisecond. The place is that of an organization anywhere in the list that idle ones are found by.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20, 64, 65, 1_000})
    void thePlaceOfAnIdleOrganizationIsFoundWithinAMillisecondForEach64(int organizations) {
        Random random = new Random(organizations);
        InMemoryRateLimiter limiter = full(organizations);
        for (int round = 0; round < 10; round++) {
            assertThat(limiter.tryAcquire("unknown", "chat").isAdmitted()).isFalse();
            limiter.admin().forget("known " + random.nextInt(organizations));
            assertThat(limiter.tryAcquire("idle", "chat", NOTHING).isAdmitted()).isTrue();
            int milliseconds = 0;
            do {
                time.time.advance(Duration.ofMillis(1));
                milliseconds++;
            } while (!limiter.tryAcquire("new " + round, "chat").isAdmitted());
            assertThat(milliseconds).isLessThanOrEqualTo(1 + organizations / 64);
            limiter.admin().forget("new " + round);
            for (int i = 0; i < organizations; i++) {
                assertThat(limiter.tryAcquire("known " + i, "chat").isAdmitted())
                        .isTrue();
            }
        }
    }
}
