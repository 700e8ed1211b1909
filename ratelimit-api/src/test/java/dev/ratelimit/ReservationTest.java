package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;

class ReservationTest {

    private final Rejected no = ScriptedAttempts.refusal(5);
    private final Reservation rejected = Reservation.rejected(no);

    @Test
    void aRejectedReservationAnswersEverythingWithItsRejection() {
        assertThat(rejected.decision()).isSameAs(no);
        assertThat(rejected.use(Usage.call())).isSameAs(no);
        assertThat(rejected.use(Usage.of(Unit.CALLS, 0))).isSameAs(no);
    }

    @Test
    void aRejectedReservationIsNotOpenSoNothingEndsIt() {
        assertThat(rejected.settle(Usage.call())).isFalse();
        assertThat(rejected.cancel()).isFalse();
        assertThat(rejected.decision()).isSameAs(no);
    }

    @Test
    void aReservationThatAsksNoStoreIsCancelledBeforeTheStageIsReturned() {
        assertThat(rejected.cancelAsync()).isCompletedWithValue(false);
        ScriptedAttempts attempts = new ScriptedAttempts(new SleptTime());
        assertThat(attempts.admitted().cancelAsync()).isCompletedWithValue(true);
        assertThat(attempts.givenBack()).isEqualTo(1);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void aRejectedReservationRefusesNullByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> Reservation.rejected(null))
                .withMessage("decision");
        assertThatNullPointerException().isThrownBy(() -> rejected.use(null)).withMessage("piece");
        assertThatNullPointerException().isThrownBy(() -> rejected.settle(null)).withMessage("actual");
    }

    @Test
    void anEndedReservationIsAConflictAndNoLimit() {
        Rejected ended = Rejected.permanent(new ReservationEnded(), "Please upgrade.");
        assertThat(ended.message()).isEqualTo("Please upgrade. The reservation was settled or cancelled");
        assertThat(ended.suggestedStatus()).isEqualTo(409);
        assertThat(ended.retryAfter()).isEmpty();
        assertThat(ended.cause()).isEqualTo(new ReservationEnded());
    }
}
