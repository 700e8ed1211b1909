package dev.ratelimit.core;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** A charge races with a thread that leaves its day for an earlier one, which takes along what is used. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "The charge is taken along, or made in the day that is entered.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The charge is lost in the day that was left, or counts twice.")
@State
public class ChargeAsItsPeriodIsLeft {

    private final Jump jump = new Jump(Duration.ofDays(-2));

    @Actor
    public void charge() {
        jump.chargeLate();
    }

    @Actor
    public void leave() {
        jump.used();
    }

    @Arbiter
    public void used(J_Result result) {
        result.r1 = jump.used();
    }
}
