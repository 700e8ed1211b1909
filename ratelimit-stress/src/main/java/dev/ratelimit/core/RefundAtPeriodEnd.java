package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** A unit is given back while another thread sees its period end. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The new period keeps the unit of the other thread.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The unit is given back in another period than it was charged in.")
@State
public class RefundAtPeriodEnd {

    private final Days days = new Days();
    private final long position = days.charge();

    @Actor
    public void refund() {
        days.counter.refund(days.counter.booking(position), 1);
    }

    @Actor
    public void nextDay() {
        days.nextDay();
        days.charge();
    }

    @Arbiter
    public void used(J_Result result) {
        result.r1 = days.used();
    }
}
