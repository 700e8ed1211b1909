package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** What holds in any history of calls and reservations. The repetition is the seed. */
abstract class ReservationHistoryScenarios extends Scenarios {

    private static final int STEPS = 300;
    private static final int KEPT = 6;
    private static final long MOST = 1L << 53;

    ReservationHistoryScenarios(RateLimiterContract contract) {
        super(contract);
    }

    /** Says where a test failed. */
    private record Step(int number, Caller caller, String endpoint, Usage usage, ManualTime time) {}

    /** What was reserved of the limiter, and the same of the reference. */
    private record Twins(Caller caller, String endpoint, Reservation actual, Reservation expected) {

        Decision use(Usage more, Step step) {
            Decision decision = actual.use(more);
            assertThat(decision).as("%s: use %s", step, more).isEqualTo(expected.use(more));
            return decision;
        }

        void settle(Usage used, Step step) {
            assertThat(actual.settle(used)).as("%s: settle %s", step, used).isEqualTo(expected.settle(used));
        }

        void settle(Step step) {
            assertThat(actual.settle()).as("%s: settle", step).isEqualTo(expected.settle());
        }

        void renew(Step step) {
            assertThat(actual.renew()).as("%s: renew", step).isEqualTo(expected.renew());
        }

        void cancel(Step step) {
            assertThat(actual.cancel()).as("%s: cancel", step).isEqualTo(expected.cancel());
        }
    }

    @RepeatedTest(50)
    void everyAnswerIsTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        RandomTraffic traffic = new RandomTraffic(repetition.getCurrentRepetition(), tick);
        begin(traffic.time());
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        List<Twins> kept = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            Caller caller = traffic.caller();
            String endpoint = traffic.endpoint();
            Usage usage = traffic.usage();
            Step step = new Step(i, caller, endpoint, usage, time);
            if (random.nextInt(3) == 0) {
                assertThat(limiter.tryAcquire(caller, endpoint, usage))
                        .as("%s", step)
                        .isEqualTo(reference.tryAcquire(caller, endpoint, usage));
            }
            Reservation actual = limiter.reserve(caller, endpoint, usage);
            Reservation expected = reference.reserve(caller, endpoint, usage);
            Decision decision = actual.decision();
            assertThat(decision).as("%s", step).isEqualTo(expected.decision());
            assertSameStatus(caller, endpoint, reference, step);
            Twins twins = new Twins(caller, endpoint, actual, expected);
            if (decision.isAdmitted() && kept.size() < KEPT) {
                kept.add(twins);
            }
            twins = kept.isEmpty() || random.nextInt(10) == 0 ? twins : kept.get(random.nextInt(kept.size()));
            switch (random.nextInt(9)) {
                case 0, 1, 2, 3 -> decision = twins.use(traffic.amounts(3), step);
                case 4 -> twins.settle(step);
                case 5 -> twins.settle(traffic.amounts(12), step);
                case 6 -> twins.cancel(step);
                case 7 -> twins.renew(step);
                default -> {}
            }
            assertSameStatus(twins.caller(), twins.endpoint(), reference, step);
            if (random.nextInt(4) == 0) {
                kept.remove(twins);
                time.advance(tick.multipliedBy(random.nextInt(20)));
            }
            assertSameStatus(RandomTraffic.WATCHER, endpoint, reference, step);
            traffic.pass(time, decision);
        }
    }

    private void assertSameStatus(Caller caller, String endpoint, RateLimiter reference, Step step) {
        assertThat(limiter.status(caller, endpoint)).as("%s", step).isEqualTo(reference.status(caller, endpoint));
    }

    @RepeatedTest(50)
    void aStreamThatWaitsAsToldGoesOnAndNotOneTickEarlier(RepetitionInfo repetition) {
        RandomTraffic traffic = new RandomTraffic(repetition.getCurrentRepetition(), tick);
        begin(traffic.time());
        for (int i = 0; i < STEPS; i++) {
            Step step = new Step(i, traffic.caller(), traffic.endpoint(), traffic.usage(), time);
            Reservation open = limiter.reserve(step.caller(), step.endpoint(), step.usage());
            Usage more = traffic.amounts(5);
            Decision decision = open.use(more);
            if (open.decision().isAdmitted() && decision instanceof Rejected rejected) {
                rejected.retryAfter().ifPresent(wait -> {
                    after(wait.minus(tick));
                    assertThat(open.use(more).isAdmitted())
                            .as("%s: use %s, %s", step, more, rejected)
                            .isFalse();
                    after(tick);
                    assertThat(open.use(more).isAdmitted())
                            .as("%s: use %s, %s", step, more, rejected)
                            .isTrue();
                });
            }
            if (i % 3 > 0) {
                open.settle(traffic.amounts(12));
            }
            traffic.pass(time, decision);
        }
    }

    /**
     * A limiter may hold the charges of a large limit longer than exact, by 1/1,024 of the window, and what is given
     * back in that time frees as much. So it refuses what the reference refuses, and admits what it would admit if the
     * window were longer by that part.
     */
    @RepeatedTest(3)
    void aLargeLimitThatIsSettledIsNeverLooserThanExactAndHardlyStricter(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Duration hold = tick.multipliedBy(1_000);
        Duration window = hold.multipliedBy(1_024);
        Duration longer = window.plus(hold);
        long amount = 4_000;
        limits(tokensPer(window, amount));
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        List<List<Reservation>> open = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            Usage estimate = tokens(random.nextInt(6));
            Reservation actual = limiter.reserve("acme", "chat", estimate);
            boolean admitted = actual.decision().isAdmitted();
            assertThat(reference
                            .peek(callerUnder(admitted ? window : longer, amount), "chat", estimate)
                            .isAdmitted())
                    .as("call %d: %s at %s", i, estimate, time)
                    .isEqualTo(admitted);
            if (admitted) {
                open.add(List.of(
                        actual,
                        reference.reserve(callerUnder(window, MOST), "chat", estimate),
                        reference.reserve(callerUnder(longer, MOST), "chat", estimate)));
            }
            if (open.size() > 300) {
                Usage used = tokens(random.nextInt(6));
                open.remove(random.nextInt(open.size())).forEach(each -> each.settle(used));
            }
            after(tick.multipliedBy(random.nextInt(1_000)));
        }
    }

    /**
     * The amount is no part of a meter's key: under the largest any charge can be made, and under a lesser one judged.
     */
    private static Caller callerUnder(Duration window, long amount) {
        return Caller.of("acme", tierOf(tokensPer(window, amount)));
    }

    private static RateLimit tokensPer(Duration window, long amount) {
        return RateLimit.of(Unit.TOKENS, amount, window);
    }
}
