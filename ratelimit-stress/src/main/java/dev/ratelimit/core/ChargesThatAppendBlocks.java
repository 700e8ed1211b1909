package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/**
 * Two threads charge the last unit of a window, each with a reading that needs a mark of its own, for which there is no
 * room.
 */
@JCStressTest
@JCStressMeta(ChargesThatAppendMarks.class)
@State
public class ChargesThatAppendBlocks {

    private static final CompiledLimit ONE = CompiledLimits.perWindow(1);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    public ChargesThatAppendBlocks() {
        for (int now = 1; now <= 5; now++) { // five marks are the first block
            window.refund(window.booking(window.charge(ONE, 1, now)), 1);
        }
    }

    @Actor
    public void earlier(JJJ_Result result) {
        result.r1 = Stamps.charge(window, ONE, 10);
    }

    @Actor
    public void later(JJJ_Result result) {
        result.r2 = Stamps.charge(window, ONE, 50);
    }

    @Arbiter
    public void used(JJJ_Result result) {
        result.r3 = window.used(50);
    }
}
