package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.SavedMeter.Charge;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The marks of a window: where charges find theirs, what they add up to, and how they go. */
@Tag("mutants")
class SlidingWindowMarksTest {

    private static final CompiledLimit TWO = CompiledLimits.window(2, 100);

    private final SlidingWindow window = new SlidingWindow(100, 0);

    @Test
    void whatWasGivenBackUnderMarksThatAreGoneIsTakenOffNoLaterOnes() {
        CompiledLimit hundred = CompiledLimits.window(100, 100);
        for (int i = 0; i < 300; i++) {
            long position = window.charge(hundred, 3, i * 5L);
            if (i % 3 == 0) {
                window.refund(window.booking(position), 2);
            }
            long used = IntStream.rangeClosed(Math.max(0, i - 19), i)
                    .map(j -> j % 3 == 0 ? 1 : 3)
                    .sum();
            assertThat(window.status(hundred, i * 5L).used()).isEqualTo(used);
            assertRefused(window.charge(hundred, 101 - used, i * 5L), Math.max(0, i - 19) * 5L + 100 - i * 5L);
        }
    }

    @Test
    void aRefusalWaitsForAsManyOfManyMarksAsItNeeds() {
        CompiledLimit limit = CompiledLimits.window(400, 1_000);
        SlidingWindow window = new SlidingWindow(1_000, 0);
        for (int i = 0; i < 200; i++) {
            long position = window.charge(limit, 2, i);
            if (i % 5 == 0) {
                window.refund(window.booking(position), 1);
            }
        }
        assertAdmitted(window.charge(limit, 40, 200));
        long gone = 0;
        for (int i = 0; i < 200; i++) {
            gone += i % 5 == 0 ? 1 : 2;
            assertRefused(window.charge(limit, gone, 200), i + 1_000 - 200);
        }
        assertRefused(window.charge(limit, gone + 1, 200), 1_000);
    }

    @Test
    void whatWasAllGivenBackIsPassedOverOnceAndNothingElseIs() {
        CompiledLimit limit = CompiledLimits.window(10, 10_000);
        SlidingWindow window = new SlidingWindow(10_000, 0);
        for (int i = 0; i < 200; i++) {
            MarkRef booking = window.booking(window.charge(limit, 1, i));
            window.refund(booking, i == 100 ? 0 : 1);
        }
        long used = window.charge(limit, 9, 200);
        assertRefused(window.charge(limit, 1, 200), 9_900);
        MarkBlock first = requireNonNull(window.firstUsed);
        assertThat(first.number).isLessThanOrEqualTo(101).isGreaterThan(101 - 32);
        assertRefused(window.charge(limit, 2, 10_099), 101);
        assertRefused(window.charge(limit, 2, 10_100), 100);
        assertThat(window.firstUsed)
                .isSameAs(requireNonNull(window.booking(used)).block());
        assertRefused(window.charge(limit, 2, 10_150), 50);
        assertAdmitted(window.charge(limit, 10, 10_200));
        assertRefused(window.charge(limit, 1, 10_201), 9_999);
    }

    @Test
    void aPlaceIsFoundAmongManyMarks() {
        CompiledLimit hundred = CompiledLimits.window(100, 100);
        long[] positions = LongStream.range(0, 90)
                .map(now -> window.charge(hundred, 1, now))
                .toArray();
        for (int i = 0; i < positions.length; i++) {
            assertThat(stampOf(positions[i])).isEqualTo(i);
        }
    }

    @Test
    void whatIsSavedOfManyMarksIsWhatCountsOfEach() {
        CompiledLimit hundred = CompiledLimits.window(100, 100);
        List<Charge> counting = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            long position = window.charge(hundred, 2, i * 4L);
            if (i % 3 == 0) {
                window.refund(window.booking(position), 1);
            }
            if (i * 4L + 100 > 180) {
                counting.add(new Charge(180 - i * 4L, i % 3 == 0 ? 1 : 2));
            }
        }
        assertThat(window.save(hundred.key, 180)).isEqualTo(new SavedMeter.Window(hundred.key, counting));
    }

    @Test
    void aChargeThatWasPassedByHasNoPlace() {
        long first = window.charge(TWO, 1, 0);
        for (int i = 1; i < 7; i++) {
            window.charge(TWO, 2, i * 100L);
        }
        assertThat(window.booking(first)).isNull();
        window.refund(window.booking(first), 1);
        assertRefused(window.charge(TWO, 1, 600), 100);
    }

    @Test
    void aBookingOfNothingClosesNoMarkThatIsStillToCome() {
        assertThat(window.booking(window.charge(TWO, 0, 0))).isNull();
        assertThat(window.head.isOpen(0)).isTrue();
    }

    @Test
    void marksThatWerePassedByKeepNoLaterOnesAlive() {
        MarkBlock first = window.head;
        for (int i = 0; i < 12; i++) {
            window.charge(TWO, 1, i * 100L);
        }
        assertThat(window.head).isNotSameAs(first);
        assertThat(first.next).isSameAs(first);
    }

    @Test
    void theNumbersOfMarksMayWrap() {
        CompiledLimit limit = CompiledLimits.window(1_000, 1_000);
        SlidingWindow window = new SlidingWindow(1_000, 0);
        window.head = window.tail = MarkBlock.first(-1_000, Integer.MAX_VALUE - 500);
        long now = 5;
        for (int i = 0; i < 1_000; i++) {
            now += 10;
            window.refund(window.booking(window.charge(limit, 1, now)), 1);
        }
        now += 5_000;
        assertAdmitted(window.charge(limit, 1_000, now));
        for (int i = 1; i < 1_000; i++) {
            assertRefused(window.charge(limit, 500, now + i), 1_000 - i);
        }
    }

    @Test
    void aWindowKeepsAboutTwoMarksAGrainHoweverManyChargesFallInIt() {
        long length = 1_000_000;
        CompiledLimit limit = CompiledLimits.window(1L << 53, length);
        SlidingWindow window = new SlidingWindow(length, 0);
        for (long now = 0; now < 3 * length; now += 7) {
            window.charge(limit, 1, now);
        }
        assertThat(window.countMarks()).isBetween(1_024, 2_048);
    }

    @Test
    void aWindowKeepsAsManyMarksOfChargesThatWereAllGivenBack() {
        long length = 1_000_000;
        CompiledLimit limit = CompiledLimits.window(1_000, length);
        SlidingWindow window = new SlidingWindow(length, 0);
        for (long now = 0; now < 3 * length; now += 7) {
            window.refund(window.booking(window.charge(limit, 1, now)), 1);
        }
        assertThat(window.countMarks()).isBetween(1_024, 2_048);
    }

    @Test
    void whatIsKnownOfOtherMarksMisleadsNoCharge() {
        CompiledLimit limit = CompiledLimits.window(100, 1_000);
        for (int marks = 0; marks <= 12; marks++) {
            for (int known = 0; known < 64; known++) {
                SlidingWindow window = new SlidingWindow(1_000, 0);
                for (int i = 0; i < marks; i++) {
                    window.charge(limit, 1, i * 10L);
                }
                window.newestCounts = known;
                MarkRef booking = requireNonNull(window.booking(window.charge(limit, 1, 200)));
                assertThat(booking.stamp()).isEqualTo(200);
                assertThat(window.countMarks()).isEqualTo(marks + 2);
                assertThat(window.status(limit, 200).used()).isEqualTo(marks + 1);
            }
        }
    }

    @Test
    void chargesOfOneInstantHaveOnePlace() {
        CompiledLimit hundred = CompiledLimits.window(100, 100);
        window.charge(hundred, 1, 0);
        long first = window.charge(hundred, 2, 10);
        long second = window.charge(hundred, 4, 10);
        assertThat(stampOf(first)).isEqualTo(10);
        assertThat(window.booking(second)).isEqualTo(window.booking(first));
    }

    @Test
    void aPlaceIsFoundAmongMarksThatWereAppendedAfterTheCharge() {
        CompiledLimit hundred = CompiledLimits.window(100, 100);
        long first = window.charge(hundred, 1, 0);
        long second = window.charge(hundred, 2, 10);
        long third = window.charge(hundred, 4, 20);
        assertThat(stampOf(first)).isZero();
        assertThat(stampOf(second)).isEqualTo(10);
        assertThat(stampOf(third)).isEqualTo(20);
        window.nanosUntilFits(CompiledLimits.window(0, 100), 1, 110);
        assertThat(stampOf(third)).isEqualTo(20);
        window.refund(window.booking(first), 1);
        window.refund(window.booking(second), 2);
        assertThat(window.status(hundred, 110).used()).isEqualTo(4);
    }

    private long stampOf(long position) {
        return requireNonNull(window.booking(position)).stamp();
    }

    private static void assertAdmitted(long answer) {
        assertThat(answer).isNotNegative();
    }

    private static void assertRefused(long answer, long wait) {
        assertThat(~answer).isEqualTo(wait);
    }
}
