package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** A unit is charged and given back while another thread appends a mark and charges under it. */
@JCStressTest
@Outcome(
        id = "1, 1",
        expect = Expect.ACCEPTABLE,
        desc = "The other thread's unit counts, also when all earlier marks are gone.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The unit was given back under a mark that it had not been charged under.")
@State
public class RefundAgainstAppend {

    private static final CompiledLimit MANY = CompiledLimits.perWindow(10);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    @Actor
    public void chargeAndRefund() {
        window.refund(window.booking(window.charge(MANY, 1, 10)), 1);
    }

    @Actor
    public void charge() {
        window.charge(MANY, 1, 50);
    }

    @Arbiter
    public void used(JJ_Result result) {
        result.r1 = window.used(50);
        result.r2 = window.used(110);
    }
}
