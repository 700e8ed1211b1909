package dev.ratelimit.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What all backends must agree on about limits. */
class LimitFactsTest {

    @Test
    void aSmallAmountIsExactAndALargerOneOnlyIfAskedFor() {
        assertThat(Windows.exactMarks(RateLimit.perMinute(1_024))).isEqualTo(1_024);
        assertThat(Windows.exactMarks(RateLimit.perMinute(1_025))).isZero();
        assertThat(Windows.exactMarks(RateLimit.perMinute(1_025).withPrecision(Precision.EXACT)))
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void aGrainIsAPowerOfTwoOfAtMostAThousandthOfTheWindow() {
        assertThat(Windows.grain(1)).isEqualTo(1);
        assertThat(Windows.grain(2_047)).isEqualTo(1);
        assertThat(Windows.grain(2_048)).isEqualTo(2);
        assertThat(Windows.grain(60_000_000)).isEqualTo(32_768);
        assertThat(Windows.grain(1L << 60)).isEqualTo(1L << 50);
    }

    @Test
    void aWaitMayBeCertainInPart() {
        ReservationEnded cause = new ReservationEnded();
        assertThat(Waits.rejected(cause, "", 5, 3)).isEqualTo(Rejected.temporaryAtMost(cause, "", 5, 3));
        assertThat(Waits.rejected(cause, "", 5, 5)).isEqualTo(Rejected.temporary(cause, "", 5));
    }

    @Test
    void aWaitThatNeverEndsIsARejectionForGood() {
        ReservationEnded cause = new ReservationEnded();
        assertThat(Waits.rejected(cause, "", 5).retryAfter()).contains(Duration.ofNanos(5));
        assertThat(Waits.rejected(cause, "", Waits.NEVER).retryAfter()).isEmpty();
        assertThat(Waits.rejected(cause, "", Waits.NEVER, 5).retryAfter()).isEmpty();
    }
}
