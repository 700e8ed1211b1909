package dev.ratelimit.core;

import dev.ratelimit.Quota;
import dev.ratelimit.Unit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A call is charged while the state of its organization, idle so far, is checked. */
@JCStressTest
@Outcome(
        id = "false, true",
        expect = Expect.ACCEPTABLE,
        desc = "The check ends without harm: it saw the charge or was vetoed.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The state is dropped, and the call is decided again.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A charge is reported in a state that is dropped, or not in one that stays.")
@State
public class ChargeAgainstCheck {

    private static final CompiledLimit ONE = CompiledLimits.of(Quota.lifetime(Unit.CALLS, 1));

    private final OrganizationState organization = new Book().organization();
    private final Meter meter = organization.meter(ONE);

    @Actor
    public void check(ZZ_Result result) {
        organization.beginCheck();
        result.r1 = organization.endCheck(organization.idleScan().findsIdle(1, 0));
    }

    @Actor
    public void call(ZZ_Result result) {
        meter.charge(ONE, 1, 0);
        result.r2 = organization.confirmLive();
    }
}
