package dev.ratelimit.core;

import java.util.ArrayDeque;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Quotas of ten a day, whose days pass by operations only. */
class PeriodCounterLincheckTest {

    @Test
    void aPeriodCounterIsLinearizable() {
        Linearizability.check(Shipped.class, Sequential.class);
    }

    @Param(name = "units", gen = IntGen.class, conf = "3:6")
    public static class Shipped {

        private final Days days = new Days();
        private final ArrayDeque<Period> places = new ArrayDeque<>();

        @Operation
        public boolean charge(@Param(name = "units") int units) {
            return days.counter.charge(Days.TEN, units, days.time.nanoTime()) >= 0;
        }

        @Operation
        public long used() {
            return days.counter.status(Days.TEN, days.time.nanoTime()).used();
        }

        @Operation
        public void nextDay() {
            days.nextDay();
        }

        @Operation(nonParallelGroup = "reservations")
        public boolean reserve() {
            long position = days.charge();
            Period booking = position < 0 ? null : days.counter.booking(position);
            return position >= 0 && (booking == null || places.add(booking));
        }

        @Operation(nonParallelGroup = "reservations")
        public void giveBack() {
            if (!places.isEmpty()) {
                days.counter.refund(places.remove(), 1);
            }
        }

        @Operation(nonParallelGroup = "reservations")
        public void chargeMore(@Param(name = "units") int units) {
            if (!places.isEmpty()) {
                days.counter.chargeMore(Days.TEN, places.element(), units, days.time.nanoTime(), null);
            }
        }
    }

    /** What is used today, and the days of the reservations. */
    public static class Sequential {

        private final ArrayDeque<Integer> reserved = new ArrayDeque<>();
        private int today;
        private int used;

        public boolean charge(int units) {
            boolean fits = used + units <= 10;
            used += fits ? units : 0;
            return fits;
        }

        public long used() {
            return used;
        }

        public void nextDay() {
            today++;
            used = 0;
        }

        public boolean reserve() {
            return charge(1) && reserved.add(today);
        }

        public void giveBack() {
            if (!reserved.isEmpty()) {
                used -= reserved.remove() == today ? 1 : 0;
            }
        }

        public void chargeMore(int units) {
            if (!reserved.isEmpty()) {
                used += reserved.element() == today ? units : 0;
            }
        }
    }
}
