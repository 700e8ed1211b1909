package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/**
 * One thread appends a mark and closes it while another charges with the same reading. What was given back makes the
 * first of them look at all marks.
 */
@JCStressTest
@Outcome(
        id = "50, 50, 2",
        expect = Expect.ACCEPTABLE,
        desc = "Both fall under the new mark, and stay until it expires.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A charge falls under the mark before, and leaves too early.")
@State
public class ChargesUnderANewMark {

    private static final CompiledLimit MANY = CompiledLimits.perWindow(10);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    public ChargesUnderANewMark() {
        window.refund(window.booking(window.charge(MANY, 10, 10)), 9);
    }

    @Actor
    public void first(JJJ_Result result) {
        result.r1 = Stamps.charge(window, MANY, 50);
    }

    @Actor
    public void second(JJJ_Result result) {
        result.r2 = Stamps.charge(window, MANY, 50);
    }

    @Arbiter
    public void usedWhenTheFirstMarkIsGone(JJJ_Result result) {
        result.r3 = window.used(110);
    }
}
