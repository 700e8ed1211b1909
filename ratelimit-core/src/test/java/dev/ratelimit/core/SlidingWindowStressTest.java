package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many threads on one window with the real clock, checked afterwards by the marks that the charges fell under: by those
 * times no window holds more than the amount.
 */
class SlidingWindowStressTest {

    private static final int THREADS = 4;
    private static final int CALLS = 75_000;

    /** An admitted charge; before and after are the clock's readings around the call. */
    private record Charge(long position, long units, boolean givenBack, long before, long after) {}

    @ParameterizedTest
    @CsvSource({"3, 1_000", "10, 20_000", "40, 200_000", "2_000, 200_000"})
    void noWindowHoldsMoreThanTheAmountWhateverThreadsDo(long amount, long length) throws Exception {
        SlidingWindow window = new WholeTimeline(length, System.nanoTime());
        Timeline timeline = new Timeline(window.head);
        CompiledLimit limit = CompiledLimits.window(amount, length);

        List<Charge> charges = inParallel(() -> hammer(window, limit, CALLS));

        long grain = grain(limit, length);
        // By position, so that the marks can be gone through once.
        charges.sort((a, b) -> Long.compare(a.position, b.position));
        long[] stamps = new long[charges.size()];
        long position = 0;
        for (int i = 0; i < stamps.length; i++) {
            Charge charge = charges.get(i);
            assertThat(charge.position).as("positions follow without a gap").isEqualTo(position);
            position += charge.units;
            while (timeline.next(charge.position)) {}
            stamps[i] = timeline.block.stamp(timeline.i);
            assertThat(stamps[i] - charge.before).isNotNegative();
            assertThat(stamps[i] - charge.after).isLessThanOrEqualTo(grain);
        }
        long used = 0;
        int oldest = 0;
        for (int i = 0; i < stamps.length; i++) {
            used += kept(charges.get(i));
            while (stamps[i] - stamps[oldest] >= length) {
                used -= kept(charges.get(oldest++));
            }
            assertThat(used)
                    .as("units in the window that ends with charge %d", i)
                    .isLessThanOrEqualTo(amount);
        }
        long now = System.nanoTime();
        long live = 0;
        for (int i = 0; i < stamps.length; i++) {
            live += now - stamps[i] < length ? kept(charges.get(i)) : 0;
        }
        assertThat(window.status(limit, now).used())
                .as("nothing given back is lost")
                .isEqualTo(live);
    }

    @RepeatedTest(100)
    void everyMarkHasGivenBackJustWhatWasGivenBackUnderIt() throws Exception {
        long hour = 3_600_000_000_000L;
        SlidingWindow window = new SlidingWindow(hour, System.nanoTime());
        CompiledLimit limit = CompiledLimits.exactWindow(1L << 40, hour);
        Timeline timeline = new Timeline(window.head);

        List<Charge> charges = inParallel(() -> hammer(window, limit, 150));

        charges.sort((a, b) -> Long.compare(a.position, b.position));
        long givenBack = 0;
        for (Charge charge : charges) {
            long underOne = timeline.givenBack();
            while (timeline.next(charge.position)) {
                assertThat(underOne).isEqualTo(givenBack);
                givenBack = 0;
                underOne = timeline.givenBack();
            }
            givenBack += charge.units - kept(charge);
        }
        assertThat(timeline.givenBack()).isEqualTo(givenBack);
    }

    /** Goes from mark to mark. */
    private static final class Timeline {

        private MarkBlock block;
        private int i = -1; // the first block begins without a mark

        Timeline(MarkBlock first) {
            block = first;
        }

        /** Goes to the next mark if there is one that starts at or before a charge. */
        boolean next(long position) {
            boolean isHere = block.has(i + 1);
            MarkBlock next = isHere ? block : block.next;
            int at = isHere ? i + 1 : 0;
            if (next == null || next.start(at) > position << 1) {
                return false;
            }
            block = next;
            i = at;
            return true;
        }

        long givenBack() {
            return i < 0 ? 0 : block.givenBack(i) >> 1;
        }
    }

    /** A window whose marks can still be gone through when they have expired. */
    private static final class WholeTimeline extends SlidingWindow {

        WholeTimeline(long windowNanos, long nowAtCreation) {
            super(windowNanos, nowAtCreation);
        }

        @Override
        void cutOff(MarkBlock block) {}
    }

    @ParameterizedTest
    @CsvSource({"3, 1_000", "10, 20_000", "2_000, 200_000"})
    void marksThatAreCutOffUnderAThreadsFeetLoseNoCharge(long amount, long length) throws Exception {
        SlidingWindow window = new SlidingWindow(length, System.nanoTime());
        CompiledLimit limit = CompiledLimits.window(amount, length);

        List<Charge> charges = inParallel(() -> hammer(window, limit, CALLS));

        charges.sort((a, b) -> Long.compare(a.position, b.position));
        long grain = grain(limit, length);
        long position = 0;
        long used = 0;
        int oldest = 0;
        for (Charge charge : charges) {
            assertThat(charge.position).as("positions follow without a gap").isEqualTo(position);
            position += charge.units;
            // Stamps rise with positions: all between two charges lie after the one began and before the other
            // returned.
            used += kept(charge);
            while (charge.after + grain - charges.get(oldest).before >= length) {
                used -= kept(charges.get(oldest++));
            }
            assertThat(used).isLessThanOrEqualTo(amount);
        }
    }

    /**
     * Units that were charged between two readings of the clock, whether they had to fit or not, and what was kept of
     * them.
     */
    private record Settled(long before, long after, long units, long kept, boolean hadToFit) {}

    @ParameterizedTest
    @CsvSource({"10, 20_000", "40, 200_000", "1_100, 500_000"})
    void nothingIsAdmittedBesideWhatIsChargedWithoutFittingOrNotYetGivenBack(long amount, long length)
            throws Exception {
        SlidingWindow window = new SlidingWindow(length, System.nanoTime());
        CompiledLimit limit = CompiledLimits.window(amount, length);

        List<Settled> charges = inParallel(() -> settle(window, limit));

        charges.sort((a, b) -> Long.signum(a.before - b.before));
        long grain = grain(limit, length);
        int oldest = 0;
        long overrun = 0;
        for (int i = 0; i < charges.size(); i++) {
            Settled charge = charges.get(i);
            while (charge.before - charges.get(oldest).before >= 2 * length) {
                oldest++;
            }
            long counted = charge.units;
            for (Settled earlier : charges.subList(oldest, i)) {
                boolean certain = earlier.after - charge.before < 0 && charge.after + grain - earlier.before < length;
                counted += certain ? earlier.kept : 0;
            }
            if (charge.hadToFit) {
                assertThat(counted).isLessThanOrEqualTo(amount);
            } else {
                overrun += counted > amount ? 1 : 0;
            }
        }
        assertThat(overrun).as("charges that did not fit").isPositive();
    }

    /** Charges, gives back later what was charged, some time after it has gone, and charges more without asking. */
    private static List<Settled> settle(SlidingWindow window, CompiledLimit limit) {
        SplittableRandom random = new SplittableRandom();
        List<Settled> charges = new ArrayList<>();
        ArrayDeque<Meter.Booking> places = new ArrayDeque<>();
        for (int i = 0; i < CALLS / 4; i++) {
            long before = System.nanoTime();
            if (random.nextInt(8) == 0) {
                window.chargeMore(limit, null, 2, before, null);
                charges.add(new Settled(before, System.nanoTime(), 2, 2, false));
                continue;
            }
            long position = window.charge(limit, 3, before);
            long after = System.nanoTime();
            if (position >= 0) {
                charges.add(new Settled(before, after, 3, 1, true));
                Meter.Booking booking = window.booking(position);
                if (booking != null) { // else it has gone already
                    places.add(booking);
                }
            }
            if (places.size() > random.nextInt(20)) {
                window.refund(places.remove(), 2);
            }
        }
        return charges;
    }

    private static long grain(CompiledLimit limit, long length) {
        return limit.exactMarks == 0 ? length / 1_024 : 0;
    }

    private static long kept(Charge charge) {
        return charge.givenBack ? 0 : charge.units;
    }

    private static List<Charge> hammer(SlidingWindow window, CompiledLimit limit, int calls) {
        SplittableRandom random = new SplittableRandom();
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            long units = 1L + random.nextInt(3);
            long before = System.nanoTime();
            long position = window.charge(limit, units, before);
            long after = System.nanoTime();
            if (position >= 0) {
                boolean givenBack = random.nextInt(4) == 0;
                if (givenBack) {
                    window.refund(window.booking(position), units);
                }
                charges.add(new Charge(position, units, givenBack, before, after));
            }
        }
        return charges;
    }

    private static <T> List<T> inParallel(Callable<List<T>> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<T> all = new ArrayList<>();
            for (Future<List<T>> done : threads.invokeAll(Collections.nCopies(THREADS, work))) {
                all.addAll(done.get());
            }
            return all;
        } finally {
            threads.shutdown();
        }
    }
}
