package dev.ratelimit.core;

import static dev.ratelimit.core.ChargeAsALeaseArrives.CLOCKS;
import static dev.ratelimit.core.ChargeAsALeaseArrives.FIRST;
import static dev.ratelimit.core.ChargeAsALeaseArrives.KEY;
import static dev.ratelimit.core.ChargeAsALeaseArrives.NOBODY;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.QuotaStore;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** A thread uses the unit of a lease, which fits, while the store answers that it was told of another used unit. */
@JCStressTest
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "The unit is used, or the call is decided again.")
@Outcome(expect = Expect.FORBIDDEN, desc = "What fits is refused: the told unit counts twice.")
@State
public class ChargeAsUnitsAreTold {

    private static final CompiledLimit TWO = CompiledLimits.of(Quota.of(Unit.CALLS, 2, QuotaPeriod.lifetime()));

    private final StoreClock time = new StoreClock(CLOCKS);
    private final LeasedQuota quota = new LeasedQuota(KEY, CLOCKS, time, NOBODY);
    private final LeasedPeriod period = quota.last();
    private final long now = CLOCKS.nanoTime();

    /** Makes a period with a lease of one unit, and with another unit that is used and that the store is not told. */
    public ChargeAsUnitsAreTold() {
        time.read(CLOCKS.time.instant(), now);
        quota.reckon(period, now);
        period.chargeAnyway(1, false);
        period.add(FIRST, 1, new QuotaStore.Count(1, 0, 0), now);
    }

    @Actor
    public void charge(Z_Result result) {
        result.r1 = ~quota.charge(TWO, 1, now) == CompiledLimit.NEVER;
    }

    @Actor
    public void tell() {
        period.told(1, new QuotaStore.Count(2, 0, 0), now);
    }
}
