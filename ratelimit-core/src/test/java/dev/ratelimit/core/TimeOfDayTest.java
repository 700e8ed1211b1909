package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mutants")
class TimeOfDayTest {

    private static final Instant NOON = Instant.parse("2025-01-31T12:00:00Z");
    private static final Instant IN_2038 = Instant.parse("2038-01-19T03:14:08Z");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final long SECOND = 1_000_000_000L;

    /** Near the end of the monotonic clock's range, which it passes. */
    private static final long START = Long.MAX_VALUE - 5 * SECOND;

    private TimeOfDay time = TimeOfDay.first(NOON, START);

    private static long at(long seconds) {
        return START + seconds * SECOND;
    }

    private TimeOfDayTest reads(Instant wall, long seconds) {
        time = time.after(wall, at(seconds));
        return this;
    }

    private void is(Instant timeOfDay, Instant highest, long seconds) {
        assertThat(time.at(at(seconds))).isEqualTo(timeOfDay);
        assertThat(time.highest()).isEqualTo(highest);
    }

    @Test
    void aReadingThatAgreesWithTheMonotonicClockToAnHourIsBelieved() {
        Instant forward = NOON.plusSeconds(10).plus(HOUR);
        reads(forward, 10).is(forward, forward, 10);
        Instant back = forward.plusSeconds(10).minus(HOUR);
        reads(back, 20).is(back, forward, 20);
        reads(forward.plusSeconds(20), 30).is(forward.plusSeconds(20), forward.plusSeconds(20), 30);
    }

    @Test
    void theRunningTimeGoesOnWhileTheWallClockIsSetBackAndUntilAJumpIsBelieved() {
        Instant back = NOON.minusSeconds(1_800);
        reads(back, 0).is(back, NOON, 0);
        assertThat(time.running(at(600))).isEqualTo(NOON.plusSeconds(600));
        reads(back.plusSeconds(900), 900).is(back.plusSeconds(900), NOON, 900);
        assertThat(time.running(at(900))).isEqualTo(NOON.plusSeconds(900));
        assertThat(time.running(at(899))).as("of a late thread").isEqualTo(NOON.plusSeconds(900));
        reads(IN_2038, 910).reads(IN_2038.plusSeconds(59), 969);
        assertThat(time.running(at(969))).isEqualTo(NOON.plusSeconds(969));
        reads(IN_2038.plusSeconds(60), 970);
        assertThat(time.running(at(971))).isEqualTo(IN_2038.plusSeconds(61));
    }

    @Test
    void aReadingThatDiffersByMoreThanAnHourIsDoubtedAndTimeGoesOn() {
        reads(NOON.plusSeconds(10).plus(HOUR).plusNanos(1), 10).is(NOON.plusSeconds(10), NOON.plusSeconds(10), 10);
        assertThat(time.isDoubted()).isTrue();
        reads(NOON.plusSeconds(20).minus(HOUR).minusNanos(1), 20).is(NOON.plusSeconds(20), NOON.plusSeconds(20), 20);
        reads(NOON.plusSeconds(30), 30).is(NOON.plusSeconds(30), NOON.plusSeconds(30), 30);
        assertThat(time.isDoubted()).isFalse();
    }

    @Test
    void twoStepsBackWithinAnHourEachAreDoubtedWhereTheyAreMoreTogether() {
        reads(NOON.minusSeconds(2_400), 0).is(NOON.minusSeconds(2_400), NOON, 0);
        reads(NOON.minusSeconds(4_800), 0).is(NOON.minusSeconds(2_400), NOON, 0);
        assertThat(time.isDoubted()).isTrue();
        reads(NOON.minusSeconds(4_740), 60).is(NOON.minusSeconds(4_740), NOON.minusSeconds(4_740), 60);
    }

    @Test
    void aJumpIsBelievedWhenItHasLastedAMinute() {
        reads(IN_2038, 10).reads(IN_2038.plusSeconds(59), 69).is(NOON.plusSeconds(69), NOON.plusSeconds(69), 69);
        time = time.after(IN_2038.plusSeconds(60).minusNanos(1), at(70) - 1);
        is(NOON.plusSeconds(70), NOON.plusSeconds(70).minusNanos(1), 70);
        reads(IN_2038.plusSeconds(60), 70).is(IN_2038.plusSeconds(60), IN_2038.plusSeconds(60), 70);
        reads(NOON.plusSeconds(80), 80).reads(NOON.plusSeconds(140), 140);
        is(NOON.plusSeconds(140), NOON.plusSeconds(140), 140);
    }

    @Test
    void aJumpThatMovesByMoreThanAnHourBeginsItsMinuteAnew() {
        reads(IN_2038, 0).reads(IN_2038.plusSeconds(50).plus(HOUR), 50);
        reads(IN_2038.plusSeconds(110).plus(HOUR).plusNanos(1), 110)
                .is(NOON.plusSeconds(110), NOON.plusSeconds(110), 110);
        Instant last = IN_2038.plusSeconds(170).plus(HOUR);
        reads(last, 170).is(last, last, 170);
    }

    @Test
    void aBelievedReadingInBetweenEndsADoubt() {
        reads(IN_2038, 0).reads(NOON.plusSeconds(30), 30).reads(IN_2038.plusSeconds(60), 60);
        is(NOON.plusSeconds(60), NOON.plusSeconds(60), 60);
        reads(IN_2038.plusSeconds(119), 119).is(NOON.plusSeconds(119), NOON.plusSeconds(119), 119);
        reads(IN_2038.plusSeconds(120), 120).is(IN_2038.plusSeconds(120), IN_2038.plusSeconds(120), 120);
    }

    /** A thread may be suspended between its readings of the two clocks. */
    @Test
    void theReadingOfAThreadThatWasOvertakenDoesNotMoveTimeOn() {
        reads(NOON.plusSeconds(1_000), 1_000).reads(NOON.plusSeconds(1_001), 10);
        is(NOON.plusSeconds(2_000), NOON.plusSeconds(1_001), 2_000);
    }

    @Test
    void theDoubtOfAThreadThatWasOvertakenBeginsWithTheLastBelievedReading() {
        reads(NOON.plusSeconds(100), 100).reads(IN_2038, 10);
        reads(IN_2038.plusSeconds(159), 159).is(NOON.plusSeconds(159), NOON.plusSeconds(159), 159);
        reads(IN_2038.plusSeconds(160), 160).is(IN_2038.plusSeconds(160), IN_2038.plusSeconds(160), 160);
    }

    @Test
    void timeDoesNotGoBeyondItsEnds() {
        reads(Instant.MAX, 0).reads(Instant.MAX, 60).is(Instant.MAX, Instant.MAX, 60);
        is(Instant.MAX, Instant.MAX, 10_000);
        reads(Instant.MIN, 100).reads(Instant.MIN, 160).is(Instant.MIN, Instant.MIN, 160);
        is(Instant.MIN, Instant.MIN, 100);
        reads(Instant.MIN.plus(HOUR), 160).is(Instant.MIN.plus(HOUR), Instant.MIN.plus(HOUR), 160);
    }

    @Test
    void itGoesOnWhereASnapshotWasTaken() {
        reads(NOON.plusSeconds(1_800), 0).reads(NOON, 0).reads(IN_2038, 10);
        SnapshotHeader saved = time.save(at(30));
        assertThat(saved)
                .isEqualTo(new SnapshotHeader(NOON.plusSeconds(30), NOON.plusSeconds(1_800), IN_2038, 20 * SECOND));
        time = TimeOfDay.restored(saved, at(1_000));
        reads(IN_2038.plusSeconds(59), 1_039).is(NOON.plusSeconds(69), NOON.plusSeconds(1_800), 1_039);
        reads(IN_2038.plusSeconds(60), 1_040).is(IN_2038.plusSeconds(60), IN_2038.plusSeconds(60), 1_040);
    }

    @Test
    void aHighestTimeThatNoLimiterCanHaveIsNotBelieved() {
        for (Instant highest : new Instant[] {NOON.plus(HOUR).plusNanos(1), NOON.minusNanos(1), IN_2038, Instant.MIN}) {
            time = TimeOfDay.restored(new SnapshotHeader(NOON, highest), at(0));
            is(NOON, NOON, 0);
        }
        time = TimeOfDay.restored(new SnapshotHeader(NOON, NOON.plus(HOUR)), at(0));
        is(NOON, NOON.plus(HOUR), 0);
    }
}
