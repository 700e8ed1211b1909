package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/**
 * Two of two units are used and one more was granted and used. What was granted is taken back, then a unit is given
 * back, while another thread charges one: at no moment is there room.
 */
@JCStressTest
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "A full quota refuses.")
@Outcome(id = "true", expect = Expect.FORBIDDEN, desc = "What was granted is added to what was used later.")
@State
public class ChargeAgainstTakeBack {

    private static final CompiledLimit TWO = CompiledLimits.of(Quota.lifetime(Unit.CALLS, 2));

    private final PeriodCounter counter = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(new ManualTime()));
    private final Meter.Booking booking;

    public ChargeAgainstTakeBack() {
        counter.grant(TWO, 1, 0);
        booking = requireNonNull(counter.booking(counter.charge(TWO, 3, 0)));
    }

    @Actor
    public void takeBack() {
        counter.grant(TWO, -1, 0);
        counter.refund(booking, 1);
    }

    @Actor
    public void charge(Z_Result result) {
        result.r1 = counter.charge(TWO, 1, 0) >= 0;
    }
}
