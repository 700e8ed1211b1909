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
import org.openjdk.jcstress.infra.results.J_Result;

/** Two threads record usage of a quota, which fits neither. */
@JCStressTest
@Outcome(id = "5", expect = Expect.ACCEPTABLE, desc = "Both count.")
@Outcome(expect = Expect.FORBIDDEN, desc = "What one thread recorded is lost.")
@State
public class RecordsOfAQuota {

    private static final CompiledLimit ONE = CompiledLimits.of(Quota.lifetime(Unit.CALLS, 1));

    private final PeriodCounter counter = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(new ManualTime()));

    @Actor
    public void first() {
        counter.chargeAnyway(ONE, 2, 0);
    }

    @Actor
    public void second() {
        counter.chargeAnyway(ONE, 3, 0);
    }

    @Arbiter
    public void used(J_Result result) {
        result.r1 = counter.used(0);
    }
}
