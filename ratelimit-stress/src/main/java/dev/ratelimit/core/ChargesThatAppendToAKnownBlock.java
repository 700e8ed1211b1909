package dev.ratelimit.core;

import java.util.concurrent.ThreadLocalRandom;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/**
 * Two threads charge the last unit of a window, each with a reading that needs a mark of its own. They find room for it
 * in a block that they know, without a look at other marks. One of them may know of a mark that is still to come, as
 * where what is known is of another block.
 */
@JCStressTest
@Outcome(id = "10, -1, 2", expect = Expect.ACCEPTABLE, desc = "The earlier gets the unit, under its own mark.")
@Outcome(id = "50, -1, 2", expect = Expect.ACCEPTABLE, desc = "The earlier gets the unit, under the later mark.")
@Outcome(id = "-1, 50, 2", expect = Expect.ACCEPTABLE, desc = "The later gets the unit.")
@Outcome(
        expect = Expect.FORBIDDEN,
        desc = "Both or none get it, or it leaves earlier than one window after its reading.")
@State
public class ChargesThatAppendToAKnownBlock {

    private static final CompiledLimit TWO = CompiledLimits.perWindow(2);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    public ChargesThatAppendToAKnownBlock() {
        window.charge(TWO, 1, 5);
        if (ThreadLocalRandom.current().nextBoolean()) {
            window.newestCounts++;
        }
    }

    @Actor
    public void earlier(JJJ_Result result) {
        result.r1 = Stamps.charge(window, TWO, 10);
    }

    @Actor
    public void later(JJJ_Result result) {
        result.r2 = Stamps.charge(window, TWO, 50);
    }

    @Arbiter
    public void used(JJJ_Result result) {
        result.r3 = window.used(50);
    }
}
