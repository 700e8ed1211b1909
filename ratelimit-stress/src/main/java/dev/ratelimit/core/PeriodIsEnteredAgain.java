package dev.ratelimit.core;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * One unit was used on a day, and one on a later day that the wall clock had jumped to. Two threads are the first to
 * charge on the day again.
 */
@JCStressTest
@Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "The day has what it had, what was used since, and both charges.")
@Outcome(expect = Expect.FORBIDDEN, desc = "What was used since counts twice or not at all, or a charge is lost.")
@State
public class PeriodIsEnteredAgain {

    private final Jump jump = new Jump(Duration.ofDays(2));

    public PeriodIsEnteredAgain() {
        jump.charge();
        jump.jump(Duration.ofDays(-2));
    }

    @Actor
    public void first() {
        jump.charge();
    }

    @Actor
    public void second() {
        jump.charge();
    }

    @Arbiter
    public void used(J_Result result) {
        result.r1 = jump.used();
    }
}
