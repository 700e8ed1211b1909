package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Hand-made attempts; the window is 100. */
class AuditTest {

    private static final Terms TERMS = new Terms(10, 100, 101);

    private static Audit audit(Attempt... attempts) {
        return new Audit(TERMS, true, List.of(attempts));
    }

    @Test
    void callsThatBeginAndEndWithinAWindowAddUp() {
        Attempt first = Attempt.admitted(0, 6, 0, 5);
        assertThat(audit(first, Attempt.admitted(0, 5, 90, 99)).worstWindow()).isEqualTo(11);
    }

    @Test
    void callsThatMayBeAWindowApartDoNotAddUp() {
        Attempt first = Attempt.admitted(0, 6, 0, 5);
        assertThat(audit(first, Attempt.admitted(0, 5, 90, 100)).worstWindow()).isEqualTo(6);
    }

    @Test
    void aCallThatTakesLongerThanAWindowProvesNothing() {
        Attempt slow = Attempt.admitted(0, 10, 0, 500);
        assertThat(audit(slow, Attempt.admitted(0, 10, 200, 201)).worstWindow()).isEqualTo(10);
    }

    @Test
    void whatIsGivenBackCountsForWindowsThatAreOverBefore() {
        Attempt settled = Attempt.admitted(0, 6, 20, 21).settledFor(1, 120, 121);
        assertThat(audit(settled, Attempt.admitted(0, 5, 110, 119)).worstWindow())
                .isEqualTo(11);
        Attempt sooner = Attempt.admitted(0, 6, 20, 21).settledFor(1, 119, 121);
        assertThat(audit(sooner, Attempt.admitted(0, 5, 110, 119)).worstWindow())
                .isEqualTo(6);
    }

    @Test
    void nothingMayBeAdmittedBesideAnOverrun() {
        Attempt overrun = Attempt.admitted(0, 6, 0, 1).settledFor(10, 50, 51);
        assertThat(audit(overrun, Attempt.admitted(0, 1, 60, 61)).worstWindow()).isEqualTo(11);
        assertThat(audit(overrun, Attempt.admitted(0, 1, 51, 61)).worstWindow()).isEqualTo(7);
        assertThat(audit(overrun, Attempt.admitted(0, 6, 140, 150)).worstWindow())
                .isEqualTo(6);
    }

    @Test
    void aRefusalIsRightWhileWhatIsThereAndWhatIsAskedForMayBeTooMuch() {
        Attempt first = Attempt.admitted(0, 6, 0, 5);
        Attempt atLastMoment = Attempt.refused(0, 5, 1, 105, 107);
        Attempt tooLate = Attempt.refused(0, 5, 1, 106, 107);
        Attempt forTooLittle = Attempt.refused(0, 4, 1, 50, 51);
        Audit audit = audit(first, atLastMoment, tooLate, forTooLittle);
        assertThat(audit.mayRefuse(atLastMoment)).isTrue();
        assertThat(audit.mayRefuse(tooLate)).isFalse();
        assertThat(audit.mayRefuse(forTooLittle)).isFalse();
    }

    @Test
    void aRefusalIsNotForWhatWasGivenBackBefore() {
        Attempt settled = Attempt.admitted(0, 10, 0, 5).settledFor(2, 20, 30);
        Attempt meanwhile = Attempt.refused(0, 5, 1, 30, 31);
        Attempt later = Attempt.refused(0, 5, 1, 31, 32);
        Audit audit = audit(settled, meanwhile, later);
        assertThat(audit.mayRefuse(meanwhile)).isTrue();
        assertThat(audit.mayRefuse(later)).isFalse();
    }

    @Test
    void whatIsGivenBackMayCountUntilSettlingHasReturned() {
        Attempt settled = Attempt.admitted(0, 10, 0, 5).settledFor(0, 100, 200);
        Attempt meanwhile = Attempt.refused(0, 1, 1, 190, 191);
        assertThat(audit(settled, meanwhile).mayRefuse(meanwhile)).isTrue();
    }

    @Test
    void whatHasLeftTheWindowMayCountAgainWhileItIsGivenBack() {
        Attempt settled = Attempt.admitted(0, 10, 0, 5).settledFor(0, 150, 200);
        Attempt before = Attempt.refused(0, 1, 1, 120, 149);
        Attempt meanwhile = Attempt.refused(0, 1, 1, 190, 191);
        Attempt later = Attempt.refused(0, 1, 1, 201, 202);
        Audit audit = audit(settled, before, meanwhile, later);
        assertThat(audit.mayRefuse(before)).isFalse();
        assertThat(audit.mayRefuse(meanwhile)).isTrue();
        assertThat(audit.mayRefuse(later)).isFalse();
    }

    @Test
    void anOverrunIsAReasonToRefuse() {
        Attempt overrun = Attempt.admitted(0, 6, 0, 1).settledFor(10, 50, 51);
        Attempt refused = Attempt.refused(0, 5, 1, 140, 141);
        assertThat(audit(overrun, refused).mayRefuse(refused)).isFalse();
        Attempt greater = Attempt.refused(0, 7, 1, 140, 141);
        assertThat(audit(overrun, greater).mayRefuse(greater)).isTrue();
    }

    @Test
    void aCallThatAnotherLimitRefusesMayTakeUnitsForAMoment() {
        Attempt first = Attempt.admitted(0, 6, 0, 5);
        Attempt loser = Attempt.refused(0, 4, 1, 50, 60);
        Attempt beside = Attempt.refused(0, 1, 1, 60, 70);
        Attempt later = Attempt.refused(0, 1, 1, 71, 72);
        Audit audit = new Audit(TERMS, false, List.of(first, loser, beside, later));
        assertThat(audit.mayRefuse(beside)).isTrue();
        assertThat(audit.mayRefuse(later)).isFalse();
        assertThat(audit(first, loser, beside, later).mayRefuse(beside)).isFalse();
    }

    @Test
    void aCallThatIsRefusedAfterMoreThanAWindowMayHaveTakenUnits() {
        Attempt others = Attempt.admitted(0, 9, 0, 5);
        Attempt beside = Attempt.refused(0, 1, 1, 20, 21);
        Attempt slow = Attempt.refused(0, 1, 1, 10, 110);
        assertThat(audit(others, beside, slow).mayRefuse(beside)).isTrue();
        Attempt slowest = Attempt.refused(0, 1, 1, 10, 109);
        assertThat(audit(others, beside, slowest).mayRefuse(beside)).isFalse();
    }
}
