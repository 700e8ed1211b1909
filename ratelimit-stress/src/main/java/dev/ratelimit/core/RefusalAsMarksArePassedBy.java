package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * A refusal reckons how long to wait, while a thread with a later reading finds that the first block has expired, and
 * passes it by. All that is asked for fits when the charge of t=50 has left.
 */
@JCStressTest
@Outcome(id = "21, 19", expect = Expect.ACCEPTABLE, desc = "by its own reading")
@Outcome(id = "20, 19", expect = Expect.ACCEPTABLE, desc = "by the end of the window that the other has passed by")
@Outcome(expect = Expect.FORBIDDEN, desc = "a wait that is too short or too long")
@State
public class RefusalAsMarksArePassedBy {

    private static final CompiledLimit SEVEN = CompiledLimits.perWindow(7);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);

    public RefusalAsMarksArePassedBy() {
        for (int stamp = 10; stamp <= 30; stamp += 5) { // five marks are the first block
            window.charge(SEVEN, 1, stamp);
        }
        window.charge(SEVEN, 2, 50);
    }

    @Actor
    public void refusal(JJ_Result result) {
        result.r1 = ~window.charge(SEVEN, 7, 129);
    }

    @Actor
    public void laterRefusal(JJ_Result result) {
        result.r2 = ~window.charge(SEVEN, 7, 131);
    }
}
