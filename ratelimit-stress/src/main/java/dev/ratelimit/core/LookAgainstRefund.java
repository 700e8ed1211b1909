package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/** One of two units is charged and given back, while others look whether both are free and how many are used. */
@JCStressTest
@Outcome(
        id = {"false, 1", "false, 2"},
        expect = Expect.ACCEPTABLE,
        desc = "The unit that stays is always counted.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A unit is taken for given back before its charge is counted.")
@State
public class LookAgainstRefund {

    private static final CompiledLimit TWO = CompiledLimits.perWindow(2);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);
    private final Meter.Booking mark;

    public LookAgainstRefund() {
        mark = requireNonNull(window.booking(window.charge(TWO, 1, 10)));
    }

    @Actor
    public void chargeAndRefund() {
        window.charge(TWO, 1, 10);
        window.refund(mark, 1);
    }

    @Actor
    public void look(ZJ_Result result) {
        result.r1 = window.nanosUntilFits(TWO, 2, 10) == 0;
        result.r2 = window.status(TWO, 10).used();
    }
}
