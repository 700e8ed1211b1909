package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("mutants")
class DeciderTest {

    private final InterruptedTime time = new InterruptedTime();
    private final InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(100)))
                    .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(2)))
                    .table(LimitTable.named("minutes").eachOtherEndpoint(RateLimit.perMinute(10)))
                    .build())
            .timeSource(time)
            .build();

    @Test
    void aCallThatLosesTheLastUnitAfterItLookedGivesBackWhatItCharged() {
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        time.advance(Duration.ofSeconds(1));
        // The month, which is looked at last, reads the wall clock: by then the hour was found to have room.
        time.beforeInstant(() ->
                assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue());
        assertThat(limiter.tryAcquire("acme", "chat"))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.message()).contains("hour"));
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(2L, 2L, 2L);
    }

    /** Of units of their own, so that a call can be refused by the last alone. */
    private static Tier manyTables(int tables) {
        Tier.Builder tier = Tier.named("many");
        for (int i = 0; i < tables; i++) {
            Unit unit = i < tables - 1 ? Unit.CALLS : Unit.TOKENS;
            long amount = i < tables - 1 ? 9 : 2;
            LimitTable table = LimitTable.named("table " + i)
                    .eachOtherEndpoint(
                            i % 2 == 0
                                    ? RateLimit.of(unit, amount, Duration.ofHours(1))
                                    : Quota.lifetime(unit, amount));
            tier.table(i % 3 == 0 ? table.asShadow() : table);
        }
        return tier.build();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 18, 5_000})
    void anyNumberOfLimitsIsChargedAsAWholeOrNotAtAll(int tables) {
        RateLimiter many =
                InMemoryRateLimiter.builder().tier(manyTables(tables)).build();
        assertThat(many.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(many.status("acme", "chat").subList(0, tables - 1)).allMatch(status -> status.used() == 1);

        Usage tooMany = Usage.of(Unit.CALLS, 1).and(Unit.TOKENS, 3);
        boolean shadow = (tables - 1) % 3 == 0;
        assertThat(many.peek("acme", "chat", tooMany).isAdmitted()).isEqualTo(shadow);
        assertThat(many.tryAcquire("acme", "chat", tooMany).isAdmitted()).isEqualTo(shadow);
        long used = shadow ? 2 : 1;
        assertThat(many.status("acme", "chat").subList(0, tables - 1)).allMatch(status -> status.used() == used);
        assertThat(many.reserve("acme", "chat", tooMany).cancel()).isEqualTo(shadow);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 16, 17, 5_000})
    void aReservationOfAnyNumberOfLimitsIsSettledOrCancelled(int tables) {
        RateLimiter many =
                InMemoryRateLimiter.builder().tier(manyTables(tables)).build();
        Reservation reservation =
                many.reserve("acme", "chat", Usage.of(Unit.CALLS, 1).and(Unit.TOKENS, 1));
        assertThat(reservation.use(Usage.of(Unit.CALLS, 2)).isAdmitted()).isTrue();
        assertThat(reservation.settle(Usage.of(Unit.CALLS, 1).and(Unit.TOKENS, 2)))
                .isTrue();
        assertThat(many.status("acme", "chat"))
                .allMatch(status ->
                        status.used() == (status.applied().limit().unit().equals(Unit.CALLS) ? 1 : 2));
        Reservation cancelled =
                many.reserve("acme", "chat", Usage.of(Unit.CALLS, 1).and(Unit.TOKENS, 0));
        assertThat(cancelled.cancel()).isTrue();
        assertThat(many.status("acme", "chat"))
                .allMatch(status ->
                        status.used() == (status.applied().limit().unit().equals(Unit.CALLS) ? 1 : 2));
    }

    @Test
    void aRefusalAllocatesOneSmallObject() {
        Tier twoAnHour = Tier.named("tier")
                .table(LimitTable.named("hours").each(RateLimit.perHour(2), "chat"))
                .build();
        for (int i = 0; i < 2; i++) {
            limiter.store.tryAcquire("acme", twoAnHour, "chat", Usage.call());
        }
        Decision[] kept = new Decision[10_000];
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < 40 && bytes / kept.length > 24; round++) {
            Allocation allocation = new Allocation();
            for (int i = 0; i < kept.length; i++) {
                kept[i] = limiter.store.tryAcquire("acme", twoAnHour, "chat", Usage.call());
            }
            bytes = allocation.bytes();
        }
        assertThat(kept).noneMatch(Decision::isAdmitted);
        assertThat(bytes / kept.length).as("of a refusal").isLessThanOrEqualTo(24);
    }
}
