package dev.ratelimit.core;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.TimeSource;
import java.util.Optional;
import java.util.UUID;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/** A thread uses the only unit that is left of a lease while a lease of one more unit arrives. */
@JCStressTest
@Outcome(id = "true, 1", expect = Expect.ACCEPTABLE, desc = "The unit is used, and the new one is left.")
@Outcome(id = "false, 2", expect = Expect.ACCEPTABLE, desc = "The charge came in between, and is decided again.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A unit is left that was used, or is lost.")
@State
public class ChargeAsALeaseArrives {

    static final Clocks CLOCKS = new Clocks(TimeSource.system());
    static final UUID FIRST = new UUID(0, 1);
    private static final UUID SECOND = new UUID(0, 2);
    static final QuotaKey KEY =
            new QuotaKey("acme", "", Optional.empty(), "t", new Scope.Group("g"), Unit.CALLS, QuotaPeriod.lifetime());

    static final LeasedQuota.Lender NOBODY = new LeasedQuota.Lender() {
        @Override
        public void takeAhead(LeasedPeriod period, long amount) {}

        @Override
        public void activate(LeasedPeriod period) {}

        @Override
        public void end(LeasedPeriod period) {}
    };

    private final LeasedPeriod period = new LeasedQuota(KEY, CLOCKS, new StoreClock(CLOCKS), NOBODY).last();

    /** Makes a period with a lease of one unit. */
    public ChargeAsALeaseArrives() {
        period.add(FIRST, 1, new QuotaStore.Count(1, 0, 0), 0);
    }

    @Actor
    public void charge(ZJ_Result result) {
        LeasedPeriod.Holding known = period.holding;
        long left = known.left;
        result.r1 = left >= 1 && known.charge(left, 1);
    }

    @Actor
    public void arrive() {
        period.add(SECOND, 1, new QuotaStore.Count(2, 0, 0), 0);
    }

    @Arbiter
    public void left(ZJ_Result result) {
        result.r2 = period.holding.left;
    }
}
