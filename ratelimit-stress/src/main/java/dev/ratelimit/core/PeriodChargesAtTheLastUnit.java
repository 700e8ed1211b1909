package dev.ratelimit.core;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Two threads charge the last unit of a quota. */
@JCStressTest
@Outcome(
        id = {"true, false, 1", "false, true, 1"},
        expect = Expect.ACCEPTABLE,
        desc = "One thread gets the unit, the other is refused.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The quota is written more or less often than its one unit.")
@State
public class PeriodChargesAtTheLastUnit {

    private static final CompiledLimit ONE = CompiledLimits.of(Quota.lifetime(Unit.CALLS, 1));

    private final PeriodCounter counter = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(new ManualTime()));

    @Actor
    public void first(ZZJ_Result result) {
        result.r1 = counter.charge(ONE, 1, 0) >= 0;
    }

    @Actor
    public void second(ZZJ_Result result) {
        result.r2 = counter.charge(ONE, 1, 0) >= 0;
    }

    @Arbiter
    public void used(ZZJ_Result result) {
        result.r3 = counter.used(0);
    }
}
