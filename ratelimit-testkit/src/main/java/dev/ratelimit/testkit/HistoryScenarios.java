package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** What holds in any history of calls. The repetition is the seed. */
abstract class HistoryScenarios extends Scenarios {

    private static final int STEPS = 200;
    private static final long MOST = 1L << 53;

    HistoryScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @RepeatedTest(50)
    void everyAnswerIsTheReferences(RepetitionInfo repetition) {
        RandomTraffic traffic = new RandomTraffic(repetition.getCurrentRepetition(), tick);
        begin(traffic.time());
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        for (int step = 0; step < STEPS; step++) {
            Caller caller = traffic.caller();
            String endpoint = traffic.endpoint();
            Usage usage = traffic.usage();
            String call = "step %d: %s, %s, %s at %s".formatted(step, caller, endpoint, usage, time);
            assertThat(limiter.peek(caller, endpoint, usage))
                    .as(call)
                    .isEqualTo(reference.peek(caller, endpoint, usage));
            boolean reports = step % 2 == 0;
            RateLimiter asked = reports ? limiter.reporting() : limiter;
            RateLimiter judge = reports ? reference.reporting() : reference;
            Decision decision = asked.tryAcquire(caller, endpoint, usage);
            assertThat(decision).as(call).isEqualTo(judge.tryAcquire(caller, endpoint, usage));
            standsAs(reference, caller, endpoint, call);
            assertThat(limiter.status(RandomTraffic.WATCHER, endpoint))
                    .as(call)
                    .isEqualTo(reference.status(RandomTraffic.WATCHER, endpoint));
            traffic.pass(time, decision);
        }
    }

    @RepeatedTest(50)
    void waitingAsToldHelpsAndOneTickLessDoesNot(RepetitionInfo repetition) {
        RandomTraffic traffic = new RandomTraffic(repetition.getCurrentRepetition(), tick);
        begin(traffic.time());
        for (int step = 0; step < STEPS; step++) {
            Caller caller = traffic.caller();
            String endpoint = traffic.endpoint();
            Usage usage = traffic.usage();
            Decision decision = limiter.tryAcquire(caller, endpoint, usage);
            if (decision instanceof Rejected rejected && rejected.retryAfter().isPresent()) {
                String call = "step %d: %s, %s, %s, %s".formatted(step, caller, endpoint, usage, rejected);
                after(rejected.retryAfter().get().minus(tick));
                assertThat(limiter.peek(caller, endpoint, usage).isAdmitted())
                        .as(call)
                        .isFalse();
                after(tick);
                assertThat(limiter.tryAcquire(caller, endpoint, usage).isAdmitted())
                        .as(call)
                        .isTrue();
            }
            traffic.pass(time, decision);
        }
    }

    /**
     * A limiter may hold the charges of a large limit longer than exact, by 1/1,024 of the window. So what it admits
     * the reference admits, and what it rejects the reference would reject if the window were longer by that part.
     */
    @RepeatedTest(3)
    void aLargeLimitIsNeverLooserThanExactAndHardlyStricter(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Duration hold = tick.multipliedBy(1_000);
        Duration window = hold.multipliedBy(1_024);
        Duration longer = window.plus(hold);
        long amount = 5_000;
        limits(RateLimit.of(Unit.CALLS, amount, window));
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        for (int i = 0; i < 2_500; i++) {
            Usage usage = calls(random.nextInt(8));
            boolean admitted = limiter.tryAcquire("acme", "chat", usage).isAdmitted();
            Caller judge = callerUnder(amount, admitted ? window : longer);
            assertThat(reference.peek(judge, "chat", usage).isAdmitted())
                    .as("call %d: %s at %s", i, usage, time)
                    .isEqualTo(admitted);
            if (admitted) {
                reference.tryAcquire(callerUnder(MOST, window), "chat", usage);
                reference.tryAcquire(callerUnder(MOST, longer), "chat", usage);
            }
            after(tick.multipliedBy(random.nextInt(1_000)));
        }
    }

    /**
     * The amount is no part of a meter's key: under the largest any charge can be made, and under a lesser one judged.
     */
    private static Caller callerUnder(long amount, Duration window) {
        return Caller.of("acme", tierOf(RateLimit.of(Unit.CALLS, amount, window)));
    }
}
