package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Two threads charge the last unit of a window at the same time by the clock. */
@JCStressTest
@Outcome(
        id = {"true, false, 1", "false, true, 1"},
        expect = Expect.ACCEPTABLE,
        desc = "One thread gets the unit, the other is refused.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The window holds more or less than its one unit.")
@State
public class ChargesAtTheLastUnit {

    private static final CompiledLimit ONE = CompiledLimits.perWindow(1);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    @Actor
    public void first(ZZJ_Result result) {
        result.r1 = window.charge(ONE, 1, 10) >= 0;
    }

    @Actor
    public void second(ZZJ_Result result) {
        result.r2 = window.charge(ONE, 1, 10) >= 0;
    }

    @Arbiter
    public void used(ZZJ_Result result) {
        result.r3 = window.used(10);
    }
}
