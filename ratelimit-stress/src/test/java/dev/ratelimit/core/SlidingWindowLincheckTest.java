package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Windows of three units, whose time moves on by operations only. */
class SlidingWindowLincheckTest {

    private static final int AMOUNT = 3;
    private static final long STEP = 60;

    @Test
    void chargesAreLinearizableWhileMarksExpire() {
        Linearizability.check(ChargesInTime.class, Sequential.class);
    }

    @Test
    void chargesAndRefundsAndLooksAreLinearizableWhileTimeStands() {
        Linearizability.check(RefundsAndLooks.class, Sequential.class);
    }

    @Test
    void whoLooksLaterMayMissAChargeThatIsUnderWayWithAnEarlierReading() throws Exception {
        Actor charge = new Actor(LooksInTime.class.getMethod("charge", int.class), List.of(1));
        Actor used = new Actor(LooksInTime.class.getMethod("used"), List.of());
        Actor advance = new Actor(LooksInTime.class.getMethod("advance"), List.of());
        Linearizability.refute(
                LooksInTime.class, Sequential.class, List.of(charge, used), List.of(advance, used, advance));
    }

    @Test
    void aChargeMayBeRefusedForWhatIsBeingGivenBackUnderAMarkThatExpires() throws Exception {
        Actor giveBack = new Actor(RefundInTime.class.getMethod("giveBack"), List.of());
        Actor advance = new Actor(RefundInTime.class.getMethod("advance"), List.of());
        Actor charge = new Actor(RefundInTime.class.getMethod("charge", int.class), List.of(1));
        Linearizability.refute(
                RefundInTime.class, SequentialWithRefundInTime.class, List.of(giveBack), List.of(advance, charge));
    }

    @Param(name = "units", gen = IntGen.class, conf = "1:2")
    public static class Charges {

        private static final CompiledLimit RULE = CompiledLimits.perWindow(AMOUNT);

        final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);
        final AtomicLong now = new AtomicLong();

        @Operation
        public boolean charge(@Param(name = "units") int units) {
            return position(units) >= 0;
        }

        long position(int units) {
            return window.charge(RULE, units, now.get());
        }

        long status() {
            return window.status(RULE, now.get()).used();
        }

        boolean look(int units) {
            return window.nanosUntilFits(RULE, units, now.get()) == 0;
        }
    }

    public static class ChargesInTime extends Charges {

        @Operation
        public void advance() {
            now.addAndGet(STEP);
        }
    }

    public static class LooksInTime extends ChargesInTime {

        @Operation
        public long used() {
            return status();
        }
    }

    /** One thread gives back what it has charged, oldest first. */
    @Param(name = "units", gen = IntGen.class, conf = "1:2")
    public static class RefundsAndLooks extends Charges {

        private final ArrayDeque<Meter.Booking> places = new ArrayDeque<>();

        @Operation
        public long used() {
            return status();
        }

        @Operation
        public boolean fits(@Param(name = "units") int units) {
            return look(units);
        }

        @Operation(nonParallelGroup = "refunds")
        public boolean reserve() {
            long position = position(1);
            return position >= 0 && places.add(requireNonNull(window.booking(position)));
        }

        @Operation(nonParallelGroup = "refunds")
        public void giveBack() {
            if (!places.isEmpty()) {
                window.refund(places.remove(), 1);
            }
        }
    }

    /** One unit that may be given back expires with the next step, two stay. */
    public static class RefundInTime extends ChargesInTime {

        private final Meter.Booking mark;

        public RefundInTime() {
            mark = requireNonNull(window.booking(position(1)));
            advance();
            charge(2);
        }

        @Operation
        public void giveBack() {
            window.refund(mark, 1);
        }
    }

    /** A list of charges. */
    public static class Sequential {

        private record Charge(long time, int units) {}

        private final List<Charge> live = new ArrayList<>();
        private final ArrayDeque<Charge> reserved = new ArrayDeque<>();
        private long now;

        public boolean charge(int units) {
            return fits(units) && live.add(new Charge(now, units));
        }

        public long used() {
            return live.stream().mapToInt(Charge::units).sum();
        }

        public boolean fits(int units) {
            return used() + units <= AMOUNT;
        }

        public boolean reserve() {
            return charge(1) && reserved.add(new Charge(now, 1));
        }

        public void giveBack() {
            if (!reserved.isEmpty()) {
                live.remove(reserved.remove());
            }
        }

        public void advance() {
            now += STEP;
            live.removeIf(charge -> now - charge.time >= CompiledLimits.WINDOW);
        }
    }

    public static class SequentialWithRefundInTime extends Sequential {

        public SequentialWithRefundInTime() {
            reserve();
            advance();
            charge(2);
        }
    }
}
