package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/**
 * One thread appends a mark to a block that it knows, and closes it, while another charges with the same reading. Both
 * decide without a look at other marks.
 */
@JCStressTest
@JCStressMeta(ChargesUnderANewMark.class)
@State
public class ChargesUnderANewMarkOfAKnownBlock {

    private static final CompiledLimit MANY = CompiledLimits.perWindow(10);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    public ChargesUnderANewMarkOfAKnownBlock() {
        window.charge(MANY, 1, 10);
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
