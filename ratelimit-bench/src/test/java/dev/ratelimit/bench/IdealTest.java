package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Hand-made attempts; the window is 100. */
class IdealTest {

    private static final Terms TWO = new Terms(2, 100, 101);

    private static long admits(Terms terms, Attempt... attempts) {
        return Ideal.admits(List.of(terms), List.of(attempts));
    }

    @Test
    void itAdmitsTheAmountInAWindow() {
        assertThat(admits(TWO, Attempt.admitted(0, 1, 0, 1), Attempt.refused(0, 1, 50, 2, 99)))
                .isEqualTo(2);
    }

    @Test
    void aPlaceIsFreeExactlyOneWindowLater() {
        Attempt first = Attempt.admitted(0, 2, 7, 8);
        assertThat(admits(TWO, first, Attempt.refused(0, 1, 9, 50, 106))).isEqualTo(2);
        assertThat(admits(TWO, first, Attempt.refused(0, 1, 9, 50, 107))).isEqualTo(4);
    }

    @Test
    void aRunHasNoMoreCallsThanWereMade() {
        assertThat(admits(TWO, Attempt.refused(0, 1, 3, 0, 1_000))).isEqualTo(3);
    }

    @Test
    void callsThatEndFirstGoFirst() {
        Attempt first = Attempt.admitted(0, 2, 0, 1);
        Attempt longer = Attempt.refused(0, 2, 1, 10, 500);
        Attempt shorter = Attempt.refused(0, 2, 1, 20, 150);
        assertThat(admits(TWO, first, longer, shorter)).isEqualTo(6);
    }

    @Test
    void everyLimitMustHaveRoom() {
        List<Terms> limits = List.of(TWO, new Terms(3, 1_000, 1_001));
        assertThat(Ideal.admits(limits, List.of(Attempt.refused(0, 1, 9, 0, 900))))
                .isEqualTo(3);
    }
}
