package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.SavedMeter.Charge;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("mutants")
class SlidingWindowTest {

    private static final CompiledLimit TWO = CompiledLimits.window(2, 100);

    private final SlidingWindow window = new SlidingWindow(100, 0);

    @Test
    void aChargeCountsUntilExactlyOneWindowLater() {
        assertAdmitted(window.charge(TWO, 1, 0));
        assertAdmitted(window.charge(TWO, 1, 30));
        assertRefused(window.charge(TWO, 1, 99), 1);
        assertAdmitted(window.charge(TWO, 1, 100));
        assertRefused(window.charge(TWO, 1, 100), 30);
    }

    @Test
    void chargesOfOneInstantExpireTogether() {
        assertAdmitted(window.charge(TWO, 1, 0));
        assertAdmitted(window.charge(TWO, 1, 0));
        assertRefused(window.charge(TWO, 1, 99), 1);
        assertAdmitted(window.charge(TWO, 2, 100));
    }

    @Test
    void aRefusalWaitsForAsManyMarksAsItNeeds() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        window.charge(ten, 4, 0);
        window.charge(ten, 3, 20);
        window.charge(ten, 3, 50);
        assertRefused(window.charge(ten, 4, 60), 40);
        assertRefused(window.charge(ten, 5, 60), 60);
        assertRefused(window.charge(ten, 8, 60), 90);
    }

    @Test
    void moreThanTheAmountIsNeverAdmitted() {
        assertRefused(window.charge(TWO, 3, 0), CompiledLimit.NEVER);
        assertThat(window.nanosUntilFits(TWO, 2, 0)).isZero();
    }

    @Test
    void zeroUnitsAreRefusedOnlyWhereTheWindowIsOver() {
        window.charge(TWO, 2, 0);
        assertAdmitted(window.charge(TWO, 0, 10));
        assertRefused(window.charge(CompiledLimits.window(1, 100), 0, 10), 90);
        assertAdmitted(window.charge(CompiledLimits.window(1, 100), 0, 100));
    }

    @Test
    void aReadingFromBeforeAMarkWasSeenToExpireIsStale() {
        window.charge(TWO, 2, 0);
        assertThat(window.nanosUntilFits(TWO, 2, 100)).isZero();
        // The clock of these two was read at 50; but that they are admitted shows that it is 100 by now.
        assertAdmitted(window.charge(TWO, 1, 50));
        assertAdmitted(window.charge(TWO, 1, 50));
        assertRefused(window.charge(TWO, 1, 199), 1);
        assertAdmitted(window.charge(TWO, 2, 200));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000, -1_000, Long.MAX_VALUE - 60})
    void aStaleReadingIsNotSavedByANewestMarkThatIsLater(long begin) {
        SlidingWindow window = new SlidingWindow(100, begin);
        window.charge(TWO, 1, begin + 10);
        window.charge(TWO, 1, begin + 50);
        assertThat(window.nanosUntilFits(TWO, 1, begin + 110)).isZero();
        // Under the mark at 50 it would share a window with the charge at 10, which was not counted.
        assertAdmitted(window.charge(TWO, 1, begin + 45));
        assertRefused(window.charge(TWO, 2, begin + 150), 60);
    }

    @Test
    void aReadingFromBeforeTheWindowWasCreatedIsStale() {
        assertAdmitted(window.charge(TWO, 2, -70));
        assertRefused(window.charge(TWO, 1, 99), 1);
        assertAdmitted(window.charge(TWO, 1, 100));
    }

    @Test
    void aLateChargeExpiresWithTheNewestMark() {
        window.charge(TWO, 1, 50);
        assertAdmitted(window.charge(TWO, 1, 40));
        assertRefused(window.charge(TWO, 2, 149), 1);
        assertAdmitted(window.charge(TWO, 2, 150));
    }

    @Test
    void whatIsGivenBackCanBeChargedAgainAtOnce() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        window.charge(ten, 4, 0);
        long position = window.charge(ten, 5, 10);
        window.charge(ten, 1, 20);
        window.refund(window.booking(position), 5);
        assertThat(window.nanosUntilFits(ten, 5, 30)).isZero();
        assertRefused(window.charge(ten, 6, 30), 70);
        assertAdmitted(window.charge(ten, 9, 100));
        assertRefused(window.charge(ten, 1, 119), 1);
    }

    @Test
    void whatIsGivenBackIsNotLostHoweverMuchItAddsUpTo() {
        long greatest = 1L << 53;
        CompiledLimit limit = CompiledLimits.window(greatest, 100);
        for (int i = 0; i < 1_000; i++) {
            long position = window.charge(limit, greatest, 10);
            assertAdmitted(position);
            assertRefused(window.charge(limit, 1, 10), 100);
            window.refund(window.booking(position), greatest);
        }
    }

    @Test
    void sparseChargesOfTheGreatestAmountAreCountedHoweverMuchTheyAddUpTo() {
        long greatest = 1L << 53;
        CompiledLimit limit = CompiledLimits.window(greatest, 100);
        for (long now = 200; now < 1_000_000; now += 200) {
            assertThat(window.nanosUntilFits(limit, greatest, now)).isZero();
            assertAdmitted(window.charge(limit, greatest, now));
            assertThat(window.nanosUntilFits(limit, greatest, now)).isEqualTo(100);
            assertRefused(window.charge(limit, greatest, now), 100);
            assertAdmitted(window.charge(limit, 0, now));
        }
    }

    @Test
    void aRefusalWritesNothing() {
        window.charge(TWO, 2, 10);
        for (long now = 10; now < 110; now++) {
            assertRefused(window.charge(TWO, 1, now), 110 - now);
            assertThat(window.countMarks()).isEqualTo(2); // one, and the stamp that the window begins with
        }
        assertThat(window.status(TWO, 109).used()).isEqualTo(2);
    }

    @Test
    void aRefusalIsRepeatedOnlyWhileItHolds() {
        window.charge(TWO, 1, 0);
        long position = window.charge(TWO, 1, 30);
        assertRefused(window.charge(TWO, 1, 40), 60);
        assertRefused(window.charge(TWO, 1, 41), 59);
        assertRefused(window.charge(TWO, 2, 42), 88);
        assertThat(window.nanosUntilFits(TWO, 1, 43)).isEqualTo(57);
        window.refund(window.booking(position), 1);
        assertAdmitted(window.charge(TWO, 1, 44));
        assertRefused(window.charge(TWO, 1, 45), 55);
        window.chargeAnyway(TWO, 1, 46);
        assertRefused(window.charge(TWO, 1, 47), 97);
        assertRefused(window.charge(TWO, 2, 99), 47);
        assertRefused(window.charge(TWO, 1, 100), 44);
    }

    @Test
    void aRefusalIsNotRepeatedForAStaleReading() {
        window.charge(TWO, 1, 0);
        window.charge(TWO, 1, 30);
        assertAdmitted(window.charge(TWO, 1, 100));
        assertRefused(window.charge(TWO, 1, 110), 20);
        assertRefused(window.charge(TWO, 1, 95), 30);
    }

    @Test
    void givingBackWhatHasExpiredChangesNothing() {
        long position = window.charge(TWO, 2, 0);
        window.charge(TWO, 1, 100);
        window.refund(window.booking(position), 2);
        assertAdmitted(window.charge(TWO, 1, 110));
        assertRefused(window.charge(TWO, 1, 110), 90);
    }

    @Test
    void whatIsGivenBackLongAfterItWasChargedIsGivenBackThere() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        Meter.Booking booking = window.booking(window.charge(ten, 5, 0));
        window.charge(ten, 2, 30);
        window.charge(ten, 3, 60);
        assertThat(window.nanosUntilFits(ten, 0, 90)).isZero();
        window.refund(booking, 4);
        assertThat(window.status(ten, 90).used()).isEqualTo(6);
        assertRefused(window.charge(ten, 5, 90), 10);
        assertAdmitted(window.charge(ten, 5, 100));
        assertThat(window.status(ten, 100).used()).isEqualTo(10);
        assertRefused(window.charge(ten, 1, 100), 30);
    }

    @Test
    void moreIsChargedWhetherItFitsOrNotAndNothingIsAdmittedUntilThatIsGone() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        window.charge(ten, 4, 0);
        window.chargeMore(ten, null, 10, 30, null);
        assertThat(window.status(ten, 30).overrun()).isEqualTo(4);
        assertRefused(window.charge(ten, 0, 40), 60);
        assertRefused(window.charge(ten, 1, 40), 90);
        assertAdmitted(window.charge(ten, 0, 100));
        assertRefused(window.charge(ten, 1, 100), 30);
        assertAdmitted(window.charge(ten, 10, 130));
    }

    @Test
    void whatNeedNotFitAddsUpTo2ToThe61() {
        long greatest = 1L << 53;
        CompiledLimit limit = CompiledLimits.window(greatest, 100);
        window.charge(limit, 5, 0);
        for (int i = 0; i < 300; i++) {
            window.chargeMore(limit, null, greatest, 50, null);
        }
        assertThat(window.status(limit, 50).used()).isEqualTo(1L << 61);
        assertRefused(window.charge(limit, 1, 50), 100);
        assertThat(window.status(limit, 100).used()).isEqualTo((1L << 61) - 5);
        assertAdmitted(window.charge(limit, greatest, 150));
    }

    @Test
    void marksThatAllWasGivenBackUnderDelayNoRefusal() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        for (int i = 940; i < 1_000; i++) {
            window.refund(window.booking(window.charge(ten, 10, i)), 10);
        }
        window.charge(ten, 4, 1_000);
        window.refund(window.booking(window.charge(ten, 3, 1_001)), 1);
        window.charge(ten, 4, 1_002);
        for (int i = 0; i < 3; i++) {
            assertRefused(window.charge(ten, 4, 1_002), 100 - 2);
            assertRefused(window.charge(ten, 5, 1_002), 100 - 1);
        }
    }

    @Test
    void theAmountMayChangeFromCallToCall() {
        window.charge(CompiledLimits.window(100, 100), 60, 0);
        assertThat(window.status(CompiledLimits.window(200, 100), 0).remaining())
                .isEqualTo(140);
        assertThat(window.status(CompiledLimits.window(50, 100), 0).remaining()).isZero();
        assertRefused(window.charge(CompiledLimits.window(50, 100), 1, 10), 90);
        assertAdmitted(window.charge(CompiledLimits.window(100, 100), 40, 10));
    }

    @Test
    void upTo1024ChargesAreExactAndFurtherOnesAreHeldUpToAGrain() {
        long length = 1 << 20;
        CompiledLimit limit = CompiledLimits.window(1_024, length);
        SlidingWindow window = new SlidingWindow(length, 0);
        for (int i = 0; i < 1_000; i++) {
            window.refund(window.booking(window.charge(limit, 1, i)), 1);
        }
        for (int i = 1_000; i < 1_024; i++) {
            assertAdmitted(window.charge(limit, 1, i));
        }
        assertAdmitted(window.charge(limit, 1_000, 1_025));
        assertThat(window.nanosUntilFits(limit, 24, 1_022 + length)).isEqualTo(1);
        assertThat(window.nanosUntilFits(limit, 24, 1_023 + length)).isZero();
        assertThat(window.nanosUntilFits(limit, 25, 1_024 + length)).isEqualTo(2_047 - 1_024);
    }

    @Test
    void anAmountAbove1024IsHeldUpToAGrainUnlessItIsToBeExact() {
        long length = 1 << 20;
        SlidingWindow coarse = new SlidingWindow(length, 0);
        coarse.charge(CompiledLimits.window(2_000, length), 2_000, 1_024);
        assertThat(coarse.nanosUntilFits(CompiledLimits.window(2_000, length), 1, 1_024))
                .isEqualTo(length + 1_023);
        SlidingWindow exact = new SlidingWindow(length, 0);
        exact.charge(CompiledLimits.exactWindow(2_000, length), 2_000, 1_024);
        assertThat(exact.nanosUntilFits(CompiledLimits.exactWindow(2_000, length), 1, 1_024))
                .isEqualTo(length);
    }

    @Test
    void statusSaysWhatIsUsedAndWhenTheNewestChargeIsGone() {
        window.charge(TWO, 1, 0);
        window.charge(TWO, 1, 30);
        assertThat(window.status(TWO, 40).used()).isEqualTo(2);
        assertThat(window.status(TWO, 40).resetAfter().orElseThrow().toNanos()).isEqualTo(90);
        assertThat(window.status(TWO, 100).remaining()).isEqualTo(1);
        assertThat(window.status(TWO, 130).resetAfter().orElseThrow().toNanos()).isZero();
    }

    @Test
    void whatWasGivenBackDoesNotPutOffTheReset() {
        window.charge(TWO, 1, 0);
        window.refund(window.booking(window.charge(TWO, 1, 50)), 1);
        assertThat(window.status(TWO, 60).resetAfter().orElseThrow().toNanos()).isEqualTo(40);
    }

    @Test
    void whatIsSavedIsWhatCountsAndWasNotGivenBack() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        window.charge(ten, 4, 0);
        window.refund(window.booking(window.charge(ten, 3, 20)), 3);
        window.refund(window.booking(window.charge(ten, 3, 50)), 1);
        assertThat(window.save(ten.key, 99)).isEqualTo(saved(ten, new Charge(99, 4), new Charge(49, 2)));
        assertThat(window.save(ten.key, 100)).isEqualTo(saved(ten, new Charge(50, 2)));
        assertThat(window.save(ten.key, 150)).isNull();
    }

    @Test
    void whatIsRestoredIsFreeWhenItWouldHaveBeenWithoutARestart() {
        CompiledLimit ten = CompiledLimits.window(10, 100);
        // The last was held until the end of its grain, 5 nanoseconds after the snapshot.
        SavedMeter.Window saved = saved(ten, new Charge(70, 3), new Charge(30, 4), new Charge(-5, 2));
        long[] usedAfter = {9, 6, 6, 2, 2, 0};
        long[] elapsed = {29, 30, 69, 70, 104, 105};
        for (int i = 0; i < elapsed.length; i++) {
            SlidingWindow restored = new SlidingWindow(saved, elapsed[i], 0, 1_000);
            assertThat(restored.status(ten, 1_000).used())
                    .as("after %d", elapsed[i])
                    .isEqualTo(usedAfter[i]);
        }
        assertRefused(new SlidingWindow(saved, 104, 0, 1_000).charge(ten, 9, 1_000), 1);
    }

    private static SavedMeter.Window saved(CompiledLimit limit, Charge... charges) {
        return new SavedMeter.Window(limit.key, List.of(charges));
    }

    private static void assertAdmitted(long answer) {
        assertThat(answer).isNotNegative();
    }

    private static void assertRefused(long answer, long wait) {
        assertThat(~answer).isEqualTo(wait);
    }
}
