package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How much longer than they were told 1,000 callers wait who were all told the same. */
class WaitingSpreadTest {

    private static final int WAITERS = 1_000;
    private static final long TOLD = 16_000_000;
    private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

    /* Of 1,000 even draws into 1,000 parts more than this fall in one part once in ten million runs. */
    private static final int A_FEW = 12;

    /** Returns how much later than told each of them asks again after so many refusals, in nanoseconds. */
    private static long[] delays(int refusals, Duration maxWait) throws InterruptedException {
        long[] delays = new long[WAITERS];
        for (int i = 0; i < WAITERS; i++) {
            SleptTime time = new SleptTime();
            ScriptedAttempts attempts = new ScriptedAttempts(time);
            for (int refusal = 0; refusal < refusals; refusal++) {
                attempts.thenRefuse(TOLD);
            }
            new PendingCall(maxWait, time, new WaitingCalls(), "acme").await(attempts.thenAdmit());
            delays[i] = time.sleeps.get(refusals - 1) - TOLD;
        }
        return delays;
    }

    /** Says that the delays fill the range from 0 to a bound evenly. */
    private static void assertEven(long[] delays, long bound) {
        Arrays.sort(delays);
        assertThat(delays[0]).isBetween(0L, bound / 10);
        assertThat(delays[WAITERS - 1]).isBetween(bound - bound / 10, bound);
        int[] parts = new int[1_000];
        for (long delay : delays) {
            parts[(int) (delay * parts.length / (bound + 1))]++;
        }
        assertThat(Arrays.stream(parts).max().orElseThrow()).isLessThanOrEqualTo(A_FEW);
    }

    @Test
    void theyComeBackWithinASixteenthOfTheWaitAndNotTogether() throws InterruptedException {
        assertEven(delays(1, FOR_EVER), TOLD / 16);
    }

    @Test
    void eachFurtherRefusalDoublesTheSpreadUpToTheWaitItself() throws InterruptedException {
        assertEven(delays(2, FOR_EVER), TOLD / 8);
        assertEven(delays(3, FOR_EVER), TOLD / 4);
        assertEven(delays(4, FOR_EVER), TOLD / 2);
        assertEven(delays(5, FOR_EVER), TOLD);
        assertEven(delays(6, FOR_EVER), TOLD);
        assertEven(delays(100, FOR_EVER), TOLD);
    }

    @Test
    void whatIsLeftOfTheLongestWaitNarrowsTheSpreadAndIsNoMeetingPoint() throws InterruptedException {
        assertEven(delays(1, Duration.ofNanos(TOLD + 100_000)), 100_000);
    }
}
