package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** More is charged to a reservation while it is settled for three. */
@JCStressTest
@Outcome(id = "true, true, 3", expect = Expect.ACCEPTABLE, desc = "More was charged, and settled with the rest.")
@Outcome(id = "true, false, 3", expect = Expect.ACCEPTABLE, desc = "The reservation had ended; more was given back.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Not what was settled is used.")
@State
public class SettleAgainstAdd {

    private final Reserved ten = new Reserved();

    @Actor
    public void settle(ZZJ_Result result) {
        result.r1 = ten.reservation.settle(Reserved.tokens(3));
    }

    @Actor
    public void add(ZZJ_Result result) {
        result.r2 = ten.reservation.use(Reserved.tokens(12)).isAdmitted();
    }

    @Arbiter
    public void used(ZZJ_Result result) {
        result.r3 = ten.used();
    }
}
