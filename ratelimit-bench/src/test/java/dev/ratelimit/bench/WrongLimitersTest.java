package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Limiters that are wrong on purpose are found out, and a simple right one is not. */
class WrongLimitersTest {

    private static final int AMOUNT = 10;
    private static final int THREADS = 2;
    private static final Scenario SCENARIO = Scenario.plain("two milliseconds", AMOUNT, Duration.ofMillis(2));
    private static final long WINDOW = SCENARIO.window().toNanos();
    private static final long EPOCH = 100_000_000;
    private static final int MOST_EPOCHS = 200;

    /** Counts in windows that begin every two milliseconds, and a part of the one before if it is told to. */
    private static final class FixedWindows implements Target {

        private final boolean weighsTheOneBefore;
        private long current;
        private long count;
        private long before;

        FixedWindows(boolean weighsTheOneBefore) {
            this.weighsTheOneBefore = weighsTheOneBefore;
        }

        @Override
        public synchronized @Nullable LongConsumer ask(int key, long units) {
            long now = System.nanoTime();
            long number = Math.floorDiv(now, WINDOW);
            if (number != current) {
                before = number == current + 1 ? count : 0;
                count = 0;
                current = number;
            }
            double share = weighsTheOneBefore ? 1 - (double) Math.floorMod(now, WINDOW) / WINDOW : 0;
            if (count + units + before * share > AMOUNT) {
                return null;
            }
            count += units;
            return ADMITTED;
        }
    }

    private static boolean isFound(Target target, Scenario scenario, Predicate<Findings> wrong) throws Exception {
        for (int i = 0; i < MOST_EPOCHS; i++) {
            if (wrong.test(LongRun.findings(target, scenario, THREADS, EPOCH))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void aCounterOfFixedWindowsAdmitsTooMuch() throws Exception {
        assertThat(isFound(new FixedWindows(false), SCENARIO.rested(), Findings::admittedTooMuch))
                .isTrue();
    }

    @Test
    void twoCountersAdmitTooMuch() throws Exception {
        assertThat(isFound(new FixedWindows(true), SCENARIO.rested(), Findings::admittedTooMuch))
                .isTrue();
    }

    @Test
    void oneUnitTooManyIsFound() throws Exception {
        assertThat(isFound(new LogTarget(AMOUNT + 1, WINDOW), SCENARIO, Findings::admittedTooMuch))
                .isTrue();
    }

    @Test
    void oneUnitTooFewIsFound() throws Exception {
        assertThat(isFound(new LogTarget(AMOUNT - 1, WINDOW), SCENARIO, findings -> findings.groundlessRefusals() > 0))
                .isTrue();
    }

    @Test
    void chargesThatAreHeldTooLongAreFound() throws Exception {
        assertThat(isFound(
                        new LogTarget(AMOUNT, WINDOW + WINDOW / 20),
                        SCENARIO,
                        findings -> findings.groundlessRefusals() > 0))
                .isTrue();
    }

    @Test
    void aLimiterThatAdmitsHalfIsUsedByHalf() throws Exception {
        Findings findings = LongRun.findings(new LogTarget(AMOUNT / 2, WINDOW), SCENARIO, THREADS, EPOCH);
        assertThat(findings.utilization()).isLessThan(0.6);
    }

    @Test
    void anExactLimiterIsRight() throws Exception {
        Findings findings = LongRun.findings(new LogTarget(AMOUNT, WINDOW), SCENARIO, THREADS, EPOCH);
        assertThat(findings.worstWindows()).containsExactly((long) AMOUNT);
        assertThat(findings.groundlessRefusals()).isZero();
    }
}
