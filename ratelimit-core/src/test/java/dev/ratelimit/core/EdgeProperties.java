package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Histories at the ends of what numbers and clocks can be, decided by the limiter and by the reference: amounts and
 * usages about 0 and 2^53, windows of 1 ns and of 36 years, monotonic clocks that wrap, wall clocks at the beginning
 * and end of time.
 */
class EdgeProperties {

    private static final long MOST = 1L << 53;
    private static final long LONGEST = 1L << 60;
    private static final long[] AMOUNTS = {0, 1, 2, MOST / 2, MOST - 1, MOST};
    private static final long[] WINDOWS = {1, 2, 1_023, 1_024, 1_025, LONGEST - 1, LONGEST};
    private static final long[] ORIGINS = {
        0, -1, 1, Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE - LONGEST
    };
    private static final List<Instant> WALLS = List.of(
            Instant.MIN,
            Instant.MIN.plusSeconds(86_399),
            Instant.EPOCH.minusNanos(1),
            Instant.EPOCH,
            Instant.parse("9999-12-31T23:59:59.999999999Z"),
            Instant.MAX.minus(Duration.ofDays(366 * 400)),
            Instant.MAX.minus(Duration.ofDays(366 * 200)));

    /* No clock runs for more than 292 years; these few steps take 146 at most. */
    private static final int MOST_LONG_STEPS = 4;

    @Property(tries = 500)
    void theLimiterAnswersAsTheReferenceDoes(@ForAll Random random) {
        ManualTime time = new ManualTime(WALLS.get(random.nextInt(WALLS.size())), oneOf(random, ORIGINS));
        List<Caller> callers = List.of(Caller.of("acme", tier(random)), Caller.of("acme", tier(random)));
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(callers.get(0).tier())
                .timeSource(time)
                .build();
        RateLimiter reference =
                new ReferenceRateLimiter(organization -> callers.get(0).tier(), time);
        int longSteps = 0;
        for (int i = 0; i < 60; i++) {
            Caller caller = callers.get(random.nextInt(2));
            Usage usage = usage(random);
            assertThat(limiter.peek(caller, "chat", usage)).isEqualTo(reference.peek(caller, "chat", usage));
            Reservation ours = limiter.reserve(caller, "chat", usage);
            Reservation theirs = reference.reserve(caller, "chat", usage);
            assertThat(ours.decision()).isEqualTo(theirs.decision());
            if (random.nextInt(3) == 0) {
                Usage actual = usage(random);
                assertThat(ours.settle(actual)).isEqualTo(theirs.settle(actual));
            }
            assertThat(limiter.status(caller)).isEqualTo(reference.status(caller));
            if (random.nextInt(8) == 0) {
                limiter.cleanUp();
            }
            boolean longStep = longSteps < MOST_LONG_STEPS && random.nextInt(10) == 0;
            longSteps += longStep ? 1 : 0;
            time.advanceNanos(longStep ? LONGEST - random.nextInt(2) : step(random, ours.decision()));
        }
    }

    /** A few nanoseconds, or as long as a rejection says if that is not too long, or one nanosecond less. */
    private static long step(Random random, Decision decision) {
        if (decision instanceof Rejected rejected && rejected.retryAfter().isPresent()) {
            Duration wait = rejected.retryAfter().get();
            if (wait.compareTo(Duration.ofDays(1)) < 0) {
                return wait.toNanos() - random.nextInt(2);
            }
        }
        return random.nextInt(3);
    }

    private static Tier tier(Random random) {
        return Tier.named("tier")
                .table(LimitTable.named("a").eachOtherEndpoint(rate(random)))
                .table(LimitTable.named("b")
                        .otherEndpointsTogether("all", random.nextBoolean() ? rate(random) : quota(random)))
                .build();
    }

    private static Limit rate(Random random) {
        Duration window = Duration.ofNanos(oneOf(random, WINDOWS));
        return new RateLimit(unit(random), oneOf(random, AMOUNTS), window, Precision.EXACT);
    }

    private static Limit quota(Random random) {
        List<QuotaPeriod> periods = List.of(
                QuotaPeriod.lifetime(),
                QuotaPeriod.day(ZoneOffset.MAX),
                QuotaPeriod.week(ZoneOffset.MIN),
                QuotaPeriod.monthFrom(31, ZoneOffset.UTC),
                QuotaPeriod.year(ZoneOffset.UTC));
        Quota quota = Quota.of(unit(random), oneOf(random, AMOUNTS), periods.get(random.nextInt(periods.size())));
        return random.nextBoolean() ? quota : quota.withOverrun(Overrun.UNTIL_REACHED);
    }

    private static Usage usage(Random random) {
        return Usage.of(unit(random), oneOf(random, AMOUNTS));
    }

    private static Unit unit(Random random) {
        return random.nextInt(3) == 0 ? Unit.CALLS : Unit.TOKENS;
    }

    private static long oneOf(Random random, long[] values) {
        return values[random.nextInt(values.length)];
    }
}
