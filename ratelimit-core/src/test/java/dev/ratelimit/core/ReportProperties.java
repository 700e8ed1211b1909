package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What a decision tells of its limits, which it may have remembered, beside the status, which reads all marks. */
class ReportProperties {

    private static final long[] ORIGINS = {0, -1, Long.MAX_VALUE - 100_000_000L, Long.MIN_VALUE};

    /* Marks of amounts over 1,024 have grains, under which calls come that need no mark of their own. */
    private static Tier tier(Random random) {
        long amount = random.nextBoolean() ? 20_000 : 3_000;
        return Tier.named("tier")
                .table(LimitTable.named("a longer window")
                        .each(RateLimit.of(Unit.TOKENS, 3 * amount, Duration.ofMillis(40)), "chat"))
                .table(LimitTable.named("a window")
                        .each(RateLimit.of(Unit.TOKENS, amount, Duration.ofMillis(9)), "chat"))
                .table(LimitTable.named("a day").each(Quota.perDay(Unit.TOKENS, 1L << 40), "chat"))
                .table(LimitTable.named("exact").each(RateLimit.of(Unit.CALLS, 900, Duration.ofMillis(9)), "chat"))
                .table(LimitTable.named("in all").each(Quota.lifetime(Unit.TOKENS, 1L << 40), "chat"))
                .build();
    }

    @Property(tries = 300)
    void aDecisionTellsWhatTheStatusTellsAndIsDecidedAsAnyOther(@ForAll Random random) {
        ManualTime time = new ManualTime(
                Instant.parse("2025-01-31T23:59:59Z").plusMillis(random.nextInt(1_000)),
                ORIGINS[random.nextInt(ORIGINS.length)]);
        Tier tier = tier(random);
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        RateLimiter plain =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        int longestStep = random.nextBoolean() ? 3_000 : 30_000;
        int oneReservationIn = random.nextBoolean() ? 12 : 2;
        List<Reservation> open = new ArrayList<>();
        for (int step = 0; step < 500; step++) {
            time.advance(Duration.ofNanos(random.nextInt(random.nextInt(20) == 0 ? 10_000_000 : longestStep)));
            Usage usage = Usage.call().and(Unit.TOKENS, random.nextInt(4) == 0 ? 0 : random.nextInt(120));
            if (!open.isEmpty() && random.nextInt(oneReservationIn) == 0) {
                int which = 2 * random.nextInt(open.size() / 2);
                Usage actual = Usage.of(Unit.TOKENS, random.nextBoolean() ? 0 : random.nextInt(150));
                open.remove(which).settle(actual);
                open.remove(which).settle(actual);
            }
            Decision decision;
            Decision expected;
            if (random.nextInt(oneReservationIn) == 0) {
                Reservation reservation = limiter.reporting().reserve("acme", "chat", usage);
                Reservation same = plain.reserve("acme", "chat", usage);
                open.add(reservation);
                open.add(same);
                decision = reservation.decision();
                expected = same.decision();
            } else {
                decision = limiter.reporting().tryAcquire("acme", "chat", usage);
                expected = plain.tryAcquire("acme", "chat", usage);
            }
            List<LimitStatus> status = plain.status("acme", "chat");
            assertThat(decision).as("step %d", step).isEqualTo(expected.withLimits(status));
            assertThat(limiter.status("acme", "chat")).as("step %d", step).isEqualTo(status);
        }
    }
}
