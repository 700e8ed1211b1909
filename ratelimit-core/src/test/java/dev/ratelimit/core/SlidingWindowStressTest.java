package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

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
 * Many threads on one window with the real clock, checked afterwards by the marks that the charges fell under: by those times no
 * window holds more than the amount.
 */
class SlidingWindowStressTest {

    private static final int THREADS = 4;
    private static final int CALLS = 150_000;

    /** An admitted charge; before and after are the clock's readings around the call. */
    private record Charge(long receipt, long units, boolean givenBack, long before, long after) {}

    @ParameterizedTest
    @CsvSource({"3, 1_000", "10, 20_000", "40, 200_000", "2_000, 200_000"})
    void noWindowHoldsMoreThanTheAmountWhateverThreadsDo(long amount, long length) throws Exception {
        SlidingWindow window = new WholeTimeline(length, System.nanoTime());
        SlidingWindow.Mark first = window.expired;
        Rule rule = Rules.window(amount, length);

        List<Charge> charges = inParallel(() -> hammer(window, rule, CALLS));

        long grain = grain(rule, length);
        // By position, so that the marks can be gone through once.
        charges.sort((a, b) -> Long.compare(a.receipt, b.receipt));
        long[] stamps = new long[charges.size()];
        SlidingWindow.Mark mark = first;
        long position = 0;
        for (int i = 0; i < stamps.length; i++) {
            Charge charge = charges.get(i);
            assertThat(charge.receipt).as("positions follow without a gap").isEqualTo(position);
            position += charge.units;
            while (mark.next != null && mark.next.start - 1 <= charge.receipt << 1) {
                mark = mark.next;
            }
            stamps[i] = mark.stamp;
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
        assertThat(window.status(rule, now).used())
                .as("nothing given back is lost")
                .isEqualTo(live);
    }

    @RepeatedTest(100)
    void everyMarkCountsJustWhatIsKeptBehindIt() throws Exception {
        long hour = 3_600_000_000_000L;
        SlidingWindow window = new SlidingWindow(hour, System.nanoTime());
        SlidingWindow.Mark first = window.expired;
        Rule rule = Rules.exactWindow(1L << 40, hour);

        List<Charge> charges = inParallel(() -> hammer(window, rule, 150));

        charges.sort((a, b) -> Long.compare(b.receipt, a.receipt));
        long admitted = charges.get(0).receipt + charges.get(0).units;
        List<SlidingWindow.Mark> marks = new ArrayList<>();
        for (SlidingWindow.Mark mark = first.next; mark != null; mark = mark.next) {
            marks.add(mark);
        }
        Collections.reverse(marks);
        long keptBehind = 0;
        int next = 0;
        for (SlidingWindow.Mark mark : marks) {
            long start = (mark.start - 1) >> 1;
            for (; next < charges.size() && charges.get(next).receipt >= start; next++) {
                keptBehind += kept(charges.get(next));
            }
            assertThat(admitted - start - (mark.refunded >> 1)).isEqualTo(keptBehind);
        }
        assertThat(next).isEqualTo(charges.size());
    }

    /** A window whose marks can still be gone through when they have expired. */
    private static final class WholeTimeline extends SlidingWindow {

        WholeTimeline(long windowNanos, long nowAtCreation) {
            super(windowNanos, nowAtCreation);
        }

        @Override
        void cutOff(Mark first, Mark end) {}
    }

    @ParameterizedTest
    @CsvSource({"3, 1_000", "10, 20_000", "2_000, 200_000"})
    void marksThatAreCutOffUnderAThreadsFeetLoseNoCharge(long amount, long length) throws Exception {
        SlidingWindow window = new SlidingWindow(length, System.nanoTime());
        Rule rule = Rules.window(amount, length);

        List<Charge> charges = inParallel(() -> hammer(window, rule, CALLS));

        charges.sort((a, b) -> Long.compare(a.receipt, b.receipt));
        long grain = grain(rule, length);
        long position = 0;
        long used = 0;
        int oldest = 0;
        for (Charge charge : charges) {
            assertThat(charge.receipt).as("positions follow without a gap").isEqualTo(position);
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

    private static long grain(Rule rule, long length) {
        return rule.exactMarks == 0 ? length / 1_024 : 0;
    }

    private static long kept(Charge charge) {
        return charge.givenBack ? 0 : charge.units;
    }

    private static List<Charge> hammer(SlidingWindow window, Rule rule, int calls) {
        SplittableRandom random = new SplittableRandom();
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            long units = 1L + random.nextInt(3);
            long before = System.nanoTime();
            long receipt = window.charge(rule, units, before);
            long after = System.nanoTime();
            if (receipt >= 0) {
                boolean givenBack = random.nextInt(4) == 0;
                if (givenBack) {
                    window.refund(receipt, units);
                }
                charges.add(new Charge(receipt, units, givenBack, before, after));
            }
        }
        return charges;
    }

    private static List<Charge> inParallel(Callable<List<Charge>> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Charge> all = new ArrayList<>();
            for (Future<List<Charge>> done : threads.invokeAll(Collections.nCopies(THREADS, work))) {
                all.addAll(done.get());
            }
            return all;
        } finally {
            threads.shutdown();
        }
    }
}
