package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Two threads settle one reservation of ten, for three and for four. */
@JCStressTest
@Outcome(id = "true, false, 3", expect = Expect.ACCEPTABLE, desc = "The first settles it for three.")
@Outcome(id = "false, true, 4", expect = Expect.ACCEPTABLE, desc = "The second settles it for four.")
@Outcome(expect = Expect.FORBIDDEN, desc = "It is settled twice, or not at all.")
@State
public class SettleAgainstSettle {

    private final Reserved ten = new Reserved();

    @Actor
    public void first(ZZJ_Result result) {
        result.r1 = ten.reservation.settle(Reserved.tokens(3));
    }

    @Actor
    public void second(ZZJ_Result result) {
        result.r2 = ten.reservation.settle(Reserved.tokens(4));
    }

    @Arbiter
    public void used(ZZJ_Result result) {
        result.r3 = ten.used();
    }
}
