package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/** Two threads are the first to charge after a period's end. */
@JCStressTest
@Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "Both units are in the new period.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A reported unit is in no period, or in the old one.")
@State
public class PeriodBegins {

    private final Days days = new Days();

    public PeriodBegins() {
        days.charge();
        days.nextDay();
    }

    @Actor
    public void first(JJJ_Result result) {
        result.r1 = days.charge();
    }

    @Actor
    public void second(JJJ_Result result) {
        result.r2 = days.charge();
    }

    @Arbiter
    public void used(JJJ_Result result) {
        result.r3 = days.used();
    }
}
