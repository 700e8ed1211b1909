package dev.ratelimit.testkit;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * What holds in any history of calls, restarts, and of a wall clock that is set: by a little, for one reading, for
 * about a minute or for long. The repetition is the seed.
 *
 * <p>Time passes by seconds, since within one a limiter may admit calls into the period before. All that is kept is
 * looked at before the wall clock is set, since a limiter may have reckoned the end of a period up to a second ago.
 */
abstract class WallClockHistoryScenarios extends Scenarios {

    private static final int STEPS = 300;

    private static final Duration DAY = Duration.ofDays(1);
    private static final List<Duration> WRONG = List.of(
            Duration.ZERO,
            Duration.ofHours(-2),
            Duration.ofHours(3),
            DAY,
            DAY.negated(),
            DAY.multipliedBy(-40),
            DAY.multipliedBy(4_766),
            DAY.multipliedBy(-20_000));
    private static final List<String> ENDPOINTS = List.of("chat", "embed", "rerank");

    private Random random = new Random();

    WallClockHistoryScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @BeforeEach
    void theLimiterDoubtsItsWallClock() {
        assumeFalse(contract.believesTheWallClock(), "the backend believes its wall clock, whatever that shows");
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private ManualTime anyTime() {
        long origin = random.nextBoolean() ? random.nextLong() : Long.MAX_VALUE - random.nextInt(1_000_000_000);
        Instant start = ManualTime.DEFAULT_START.plusSeconds(random.nextInt(86_400));
        return new ManualTime(start.plus(random.nextInt(4) == 0 ? oneOf(WRONG) : Duration.ZERO), origin);
    }

    /** Lets time pass. */
    private void pass(Decision decision) {
        switch (random.nextInt(12)) {
            case 0 -> after(Duration.ofSeconds(58 + random.nextInt(4)));
            case 1 -> after(Duration.ofMinutes(1 + random.nextInt(120)));
            case 2 -> after(Duration.ofHours(1 + random.nextInt(30)));
            case 3 -> after(random.nextInt(5) == 0 ? DAY.multipliedBy(random.nextInt(40)) : DAY);
            case 4 -> after(secondsOf(decision));
            case 5, 6, 7 -> after(Duration.ofSeconds(1 + random.nextInt(20)));
            default -> {}
        }
    }

    private static Duration secondsOf(Decision decision) {
        Duration wait =
                decision instanceof Rejected rejected ? rejected.retryAfter().orElse(DAY) : DAY;
        return Duration.ofSeconds(Math.min(wait.toSeconds(), 40 * 86_400));
    }

    /** Sets the wall clock, in many ways. */
    private void setWall(Instant right) {
        switch (random.nextInt(4)) {
            case 0 -> time.stepWall(Duration.ofSeconds(random.nextInt(-3_600, 3_601)));
            case 1 -> time.setWall(right);
            default -> time.setWall(right.plus(oneOf(WRONG)).plusSeconds(random.nextInt(100)));
        }
        after(Duration.ofSeconds(1));
    }

    @RepeatedTest(20)
    void everyAnswerIsTheReferences(RepetitionInfo repetition) {
        random = new Random(repetition.getCurrentRepetition());
        begin(anyTime());
        Instant start = time.instant();
        long origin = time.nanoTime();
        List<Tier> tiers = List.of(tier(), tier());
        List<Caller> callers = new ArrayList<>();
        for (String organization : List.of("acme", "umbrella")) {
            tiers.forEach(tier -> callers.add(Caller.of(organization, tier)));
        }
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        List<Reservation[]> open = new ArrayList<>();
        Decision decision = Decision.admitted();
        for (int step = 0; step < STEPS; step++) {
            if (random.nextInt(6) == 0) {
                setWall(start.plusNanos(time.nanoTime() - origin));
            } else {
                pass(decision);
            }
            if (random.nextInt(8) == 0) {
                limiter = contract.restart(limiter);
                open.clear();
            }
            String as = "step %d at %s".formatted(step, time);
            assertThat(limiter.status(RandomTraffic.WATCHER, "chat"))
                    .as(as)
                    .isEqualTo(reference.status(RandomTraffic.WATCHER, "chat"));
            for (Caller caller : callers) {
                assertThat(limiter.status(caller)).as(as).containsExactlyElementsOf(reference.status(caller));
            }
            Caller caller = oneOf(callers);
            String endpoint = oneOf(ENDPOINTS);
            Usage usage = usage();
            as = "step %d: %s, %s, %s at %s".formatted(step, caller, endpoint, usage, time);
            assertThat(limiter.peek(caller, endpoint, usage)).as(as).isEqualTo(reference.peek(caller, endpoint, usage));
            Reservation actual = limiter.reserve(caller, endpoint, usage);
            Reservation expected = reference.reserve(caller, endpoint, usage);
            decision = actual.decision();
            assertThat(decision).as(as).isEqualTo(expected.decision());
            open.add(new Reservation[] {actual, expected});
            while (open.size() > 5) {
                Reservation[] ends = open.remove(random.nextInt(open.size()));
                Usage used = usage();
                boolean cancels = random.nextInt(4) == 0;
                assertThat(cancels ? ends[0].cancel() : ends[0].settle(used))
                        .as(as)
                        .isEqualTo(cancels ? ends[1].cancel() : ends[1].settle(used));
            }
        }
    }

    private Tier tier() {
        return Tier.named("random")
                .table(LimitTable.named("minutes").eachOtherEndpoint(RateLimit.perMinute(random.nextInt(1, 8))))
                .table(LimitTable.named("days").each(quota(QuotaPeriod.day(UTC)), "chat", "embed"))
                .table(LimitTable.named("months")
                        .otherEndpointsTogether("all", quota(QuotaPeriod.month(ZoneId.of("America/New_York")))))
                .table(LimitTable.named("in all").unlimited("chat").eachOtherEndpoint(quota(QuotaPeriod.lifetime())))
                .build();
    }

    private Quota quota(QuotaPeriod period) {
        return new Quota(
                oneOf(List.of(Unit.CALLS, Unit.TOKENS)), random.nextInt(60), period, oneOf(List.of(Overrun.values())));
    }

    private Usage usage() {
        Usage usage = random.nextBoolean() ? Usage.call() : calls(random.nextInt(4));
        return random.nextBoolean() ? usage : usage.and(Unit.TOKENS, random.nextInt(6));
    }

    /** A day that the time of day lies in, what was admitted in it, and when it ends by the monotonic clock. */
    private static final class Day {

        private long admitted;
        private long endNano;
    }

    /** Nothing is charged but by calls. A day that is over by the monotonic clock may be another day. */
    @RepeatedTest(20)
    void noDayHoldsMoreThanItsAmount(RepetitionInfo repetition) {
        random = new Random(repetition.getCurrentRepetition());
        begin(anyTime());
        Instant start = time.instant();
        long origin = time.nanoTime();
        Quota quota = Quota.of(Unit.CALLS, 5, QuotaPeriod.day(UTC));
        limits(quota);
        ReferenceClock clock = new ReferenceClock(time);
        clock.read();
        Map<Instant, Day> days = new HashMap<>();
        Decision decision = Decision.admitted();
        for (int step = 0; step < 2 * STEPS; step++) {
            limiter.status("acme", "chat");
            if (random.nextInt(6) == 0) {
                setWall(start.plusNanos(time.nanoTime() - origin));
            } else {
                pass(decision);
            }
            if (random.nextInt(8) == 0) {
                limiter = contract.restart(limiter);
            }
            ReferenceClock.Moment now = clock.read();
            QuotaPeriod.Interval period = quota.period().at(now.highest());
            Day day = days.computeIfAbsent(period.end(), missing -> new Day());
            if (day.endNano - now.nanoTime() <= 0) {
                day.admitted = 0;
            }
            day.endNano = now.nanoTime()
                    + Duration.between(now.timeOfDay(), period.end()).toNanos();
            decision = limiter.tryAcquire("acme", "chat");
            day.admitted += decision.isAdmitted() ? 1 : 0;
            assertThat(day.admitted).as("step %d at %s", step, time).isLessThanOrEqualTo(5);
        }
    }
}
