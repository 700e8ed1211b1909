package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * One thread finds that the unit of t=10 has expired, as it reads 110, while another charges with its earlier reading of 50. A charge at
 * 50 would be in one window with the units of t=10 and t=50, which are all there may be.
 */
@JCStressTest
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "The charge is refused: the unit of t=10 counts.")
@Outcome(
        id = "110",
        expect = Expect.ACCEPTABLE,
        desc = "The charge is made as of t=110, when the unit of t=10 has gone.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The charge is made in one window with the unit that was found expired.")
@State
public class StaleChargeAtExpiry {

    private static final Rule TWO = Rules.perWindow(2);

    private final SlidingWindow window = new SlidingWindow(Rules.WINDOW, 0);

    public StaleChargeAtExpiry() {
        window.charge(TWO, 1, 10);
        window.charge(TWO, 1, 50);
    }

    @Actor
    public void expiry() {
        window.used(110);
    }

    @Actor
    public void charge(J_Result result) {
        result.r1 = Stamps.charge(window, TWO, 50);
    }
}
