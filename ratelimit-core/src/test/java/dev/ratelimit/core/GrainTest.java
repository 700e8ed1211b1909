package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Charges of one grain of a {@link SlidingWindow}, which share a mark: most of them need no new one. */
@Tag("mutants")
class GrainTest {

    private static final long WINDOW = 1 << 20;
    private static final long GRAIN = 1 << 10;
    private static final CompiledLimit COARSE = CompiledLimits.window(10_000, WINDOW);

    private final SlidingWindow window = new SlidingWindow(WINDOW, 0);

    private long used(long now) {
        return window.status(COARSE, now).used();
    }

    @Test
    void theyAddUpToTheAmountAndExpireTogetherAtTheEndOfTheGrain() {
        assertThat(window.charge(COARSE, 6_000, 1)).isNotNegative();
        assertThat(window.charge(COARSE, 3_999, 2)).isNotNegative();
        long end = GRAIN - 1;
        assertThat(window.charge(COARSE, 2, 3)).isEqualTo(~(end + WINDOW - 3));
        assertThat(window.charge(COARSE, 1, end)).isNotNegative();
        assertThat(window.charge(COARSE, 1, end)).isEqualTo(~WINDOW);
        assertThat(window.countMarks()).isEqualTo(2); // one, and the stamp that the window begins with
        assertThat(used(end + WINDOW - 1)).isEqualTo(10_000);
        assertThat(used(end + WINDOW)).isZero();
    }

    @Test
    void eachIsGivenBackByItsReceipt() {
        window.charge(COARSE, 6_000, 1);
        long early = window.charge(COARSE, 1_000, 2);
        window.charge(COARSE, 2_000, GRAIN);
        long late = window.charge(COARSE, 500, GRAIN + 1);
        window.refund(window.booking(early), 1_000);
        assertThat(used(GRAIN + 2)).isEqualTo(8_500);
        window.refund(window.booking(late), 500);
        long firstIsGone = GRAIN - 1 + WINDOW;
        assertThat(used(firstIsGone - 1)).isEqualTo(8_000);
        assertThat(used(firstIsGone)).isEqualTo(2_000);
        assertThat(used(firstIsGone + GRAIN - 1)).isEqualTo(2_000);
        assertThat(used(firstIsGone + GRAIN)).isZero();
    }

    @Test
    void oneThatIsDecidedByAReadingFromBeforeOthersExpiredCountsForAWindowFromThen() {
        window.charge(COARSE, 6_000, 1);
        long old = 5 * GRAIN;
        window.charge(COARSE, 4_000, old);
        long firstIsGone = GRAIN - 1 + WINDOW;
        assertThat(window.nanosUntilFits(COARSE, 6_000, firstIsGone)).isZero();
        assertThat(window.charge(COARSE, 6_000, old)).isNotNegative();
        long secondIsGone = old + GRAIN - 1 + WINDOW;
        assertThat(used(secondIsGone)).isEqualTo(6_000);
    }
}
