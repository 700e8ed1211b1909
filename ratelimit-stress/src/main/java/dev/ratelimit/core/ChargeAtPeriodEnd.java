package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/** A charge races with the end of the period it began in, which another thread sees pass. */
@JCStressTest
@Outcome(
        id = "0, 1, 1",
        expect = Expect.ACCEPTABLE,
        desc = "It is written to the old period; the new one has its own charge only.")
@Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "It is written to the new period.")
@Outcome(expect = Expect.FORBIDDEN, desc = "It is written to another period than reported, to both or to none.")
@State
public class ChargeAtPeriodEnd {

    private final Days days = new Days();

    public ChargeAtPeriodEnd() {
        days.charge();
    }

    @Actor
    public void charge(JJJ_Result result) {
        result.r1 = days.charge();
    }

    @Actor
    public void nextDay(JJJ_Result result) {
        days.nextDay();
        result.r2 = days.charge();
    }

    @Arbiter
    public void used(JJJ_Result result) {
        result.r3 = days.used();
    }
}
