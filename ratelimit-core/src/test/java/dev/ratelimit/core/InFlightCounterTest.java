package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is in flight, by examples and beside a list. */
@Tag("mutants")
class InFlightCounterTest {

    private static final long LONGEST = 600;

    private static final CompiledLimit TWO = inFlight(2, LONGEST);

    private final ManualTime time = new ManualTime(ManualTime.DEFAULT_START, Long.MAX_VALUE - 1_000);
    private final long begin = time.nanoTime();
    private final InFlightCounter counter = new InFlightCounter(new Clocks(time));

    private static CompiledLimit inFlight(long amount, long longest) {
        return CompiledLimits.of(ConcurrencyLimit.of(Unit.CALLS, amount, Duration.ofNanos(longest)));
    }

    private @Nullable Flight take(CompiledLimit limit, long units, long at) {
        assertThat(counter.nanosUntilFits(limit, units, begin + at)).isZero();
        long position = counter.charge(limit, units, begin + at);
        assertThat(position).isNotNegative();
        return counter.booking(position);
    }

    private void refuses(CompiledLimit limit, long units, long at, long wait) {
        assertThat(counter.nanosUntilFits(limit, units, begin + at)).isEqualTo(wait);
        assertThat(~counter.charge(limit, units, begin + at)).isEqualTo(wait);
    }

    private void end(@Nullable Flight flight) {
        counter.refund(TWO, flight, 7, 0, begin);
    }

    @Test
    void whatHasEndedMakesRoomWhateverItUsed() {
        Flight first = take(TWO, 1, 0);
        take(TWO, 1, 100);
        refuses(TWO, 1, 100, 500);
        end(first);
        end(first);
        take(TWO, 1, 100);
        refuses(TWO, 1, 100, 600);
    }

    @Test
    void whatNeverEndsCountsForTheLongestTime() {
        Flight first = take(TWO, 1, 0);
        take(TWO, 1, 0);
        refuses(TWO, 1, 599, 1);
        refuses(TWO, 2, 599, 1);
        refuses(TWO, 3, 599, CompiledLimit.NEVER);
        take(TWO, 2, 600);
        end(first);
        refuses(TWO, 1, 600, 600);
    }

    @Test
    void whatIsInFlightKeepsItsEndWhenTheLongestTimeChanges() {
        CompiledLimit shorter = inFlight(2, 300);
        take(TWO, 1, 0);
        take(shorter, 1, 100);
        refuses(shorter, 1, 399, 1);
        take(shorter, 1, 400);
        refuses(shorter, 1, 599, 1);
        refuses(shorter, 2, 599, 101);
        take(shorter, 1, 600);
    }

    @Test
    void theStatusTellsTheFirstAndTheLastEnd() {
        assertThat(counter.status(TWO, begin)).isEqualTo(TWO.status(0, 0, 0, 0));
        take(TWO, 1, 0);
        Flight second = take(TWO, 1, 250);
        assertThat(counter.status(TWO, begin + 300)).isEqualTo(TWO.status(2, 0, 300, 550));
        end(second);
        assertThat(counter.status(TWO, begin + 300)).isEqualTo(TWO.status(1, 0, 300, 300));
        assertThat(counter.isIdle(begin + 599)).isFalse();
        assertThat(counter.isIdle(begin + 600)).isTrue();
    }

    @Test
    void anEndIsRenewedWhileItCounts() {
        Flight first = take(TWO, 1, 0);
        Flight second = take(TWO, 1, 10);
        assertThat(counter.renew(TWO, first, begin + 500)).isTrue();
        assertThat(counter.status(TWO, begin + 500)).isEqualTo(TWO.status(2, 0, 110, 600));
        assertThat(counter.renew(TWO, second, begin + 610)).isFalse();
        assertThat(counter.isGone(second, 1, begin + 610)).isTrue();
        assertThat(counter.isGone(first, 1, begin + 1_099)).isFalse();
        assertThat(counter.isGone(first, 1, begin + 1_100)).isTrue();
        assertThat(counter.renew(TWO, null, begin)).isFalse();
    }

    @Test
    void aLaterFlightJoinsAnEarlierOneAndEndsWithIt() {
        CompiledLimit ten = inFlight(10, LONGEST);
        Flight first = take(ten, 1, 0);
        take(ten, 2, 50);
        Flight second = take(ten, 3, 100);
        Flight third = take(ten, 1, 200);
        counter.join(second, third, begin + 200);
        counter.join(first, second, begin + 200);
        counter.join(first, third, begin + 200);
        assertThat(counter.isGone(first, 1, begin + 200)).isFalse();
        assertThat(counter.isGone(third, 1, begin + 200)).isTrue();
        assertThat(counter.countFlights()).isEqualTo(2);
        assertThat(counter.status(ten, begin + 200)).isEqualTo(ten.status(7, 0, 400, 450));
        Flight fourth = take(ten, 2, 300);
        counter.join(third, fourth, begin + 300);
        assertThat(counter.status(ten, begin + 300)).isEqualTo(ten.status(9, 0, 300, 350));
        assertThat(counter.renew(ten, fourth, begin + 300)).isTrue();
        assertThat(counter.status(ten, begin + 300)).isEqualTo(ten.status(9, 0, 350, 600));
        end(fourth);
        assertThat(counter.status(ten, begin + 300).used()).isEqualTo(9);
        end(first);
        assertThat(counter.status(ten, begin + 300).used()).isEqualTo(2);
        assertThat(counter.renew(ten, third, begin + 300)).isFalse();
    }

    @Test
    void nothingJoinsWhatCountsNoMore() {
        CompiledLimit ten = inFlight(10, LONGEST);
        Flight first = take(ten, 1, 0);
        Flight second = take(ten, 3, 100);
        counter.join(first, null, begin);
        counter.join(null, second, begin);
        counter.join(first, second, begin + 600);
        assertThat(counter.isGone(second, 3, begin + 600)).isFalse();
        assertThat(counter.status(ten, begin + 600)).isEqualTo(ten.status(3, 0, 100, 100));
        Flight third = take(ten, 2, 600);
        end(third);
        counter.join(second, third, begin + 600);
        assertThat(counter.status(ten, begin + 600).used()).isEqualTo(3);
    }

    @Test
    void nothingIsTakenForNothingAndNothingForWhatHasHappened() {
        take(TWO, 2, 0);
        assertThat(take(TWO, 0, 0)).isNull();
        assertThat(counter.chargeAnyway(TWO, 5, begin)).isEqualTo(new Meter.Charged(0, 0));
        assertThat(counter.chargeMore(TWO, null, 5, begin, null).units()).isZero();
        assertThat(counter.status(TWO, begin).used()).isEqualTo(2);
        assertThat(counter.countFlights()).isEqualTo(1);
    }

    @Test
    void flightsAreSavedAndLastToTheirEnds() {
        MeterKey key = new MeterKey("default", "table", TWO.key.scope(), Unit.CALLS, new MeterKey.InFlight());
        assertThat(counter.save(key, begin)).isNull();
        take(TWO, 1, 0);
        Flight second = take(TWO, 1, 100);
        SavedMeter.InFlight saved = requireNonNull(counter.save(key, begin + 200));
        assertThat(saved)
                .isEqualTo(new SavedMeter.InFlight(
                        key, List.of(new SavedMeter.Flight(400, 1), new SavedMeter.Flight(500, 1))));
        end(second);
        InFlightCounter restored = new InFlightCounter(saved, 400, new Clocks(time));
        assertThat(restored.status(TWO, begin)).isEqualTo(TWO.status(1, 0, 100, 100));
    }

    private record Entry(long endAt, long units, @Nullable Flight flight) {}

    @RepeatedTest(200)
    void aCounterAnswersAsAListOfEndsDoes(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Entry> all = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 200; i++) {
            now += random.nextInt(40);
            long at = now;
            all.removeIf(entry -> entry.endAt <= at);
            CompiledLimit limit = inFlight(random.nextInt(20), 1 + random.nextInt(300));
            long units = random.nextInt(5);
            long used = all.stream().mapToLong(Entry::units).sum();
            assertThat(counter.status(limit, begin + at).used()).isEqualTo(used);
            long wait = wait(all, limit, used + units - limit.amount, units, at);
            long position = counter.charge(limit, units, begin + at);
            assertThat(position < 0 ? ~position : 0).isEqualTo(wait);
            if (position >= 0 && units > 0) {
                all.add(new Entry(at + limit.windowNanos, units, counter.booking(position)));
            }
            if (!all.isEmpty() && random.nextInt(3) == 0) {
                Entry entry = all.remove(random.nextInt(all.size()));
                if (random.nextBoolean()) {
                    counter.refund(limit, entry.flight, entry.units, random.nextInt(2), begin + at);
                } else {
                    assertThat(counter.renew(limit, entry.flight, begin + at)).isTrue();
                    all.add(new Entry(at + limit.windowNanos, entry.units, entry.flight));
                }
            }
            assertThat(counter.countFlights()).isEqualTo(all.size());
        }
    }

    private static long wait(List<Entry> all, CompiledLimit limit, long lacking, long units, long at) {
        if (lacking <= 0) {
            return 0;
        }
        if (units > limit.amount) {
            return CompiledLimit.NEVER;
        }
        long left = lacking;
        long wait = 0;
        for (Entry entry :
                all.stream().sorted((a, b) -> Long.compare(a.endAt, b.endAt)).toList()) {
            if (left > 0) {
                left -= entry.units;
                wait = entry.endAt - at;
            }
        }
        return wait;
    }
}
