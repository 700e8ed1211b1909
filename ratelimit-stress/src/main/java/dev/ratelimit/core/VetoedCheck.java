package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/**
 * A check that has found the state idle ends while a call asks whether what it decided holds. Another call has vetoed
 * it.
 */
@JCStressTest
@Outcome(
        id = "false, true, true",
        expect = Expect.ACCEPTABLE,
        desc = "The state stays, and the next check begins as usual.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A vetoed check ends the state, or leaves it so that none can begin.")
@State
public class VetoedCheck {

    private final OrganizationState organization = new Book().organization();

    public VetoedCheck() {
        organization.beginCheck();
        organization.confirmLive();
    }

    @Actor
    public void endCheck(ZZZ_Result result) {
        result.r1 = organization.endCheck(true);
    }

    @Actor
    public void keep(ZZZ_Result result) {
        result.r2 = organization.confirmLive();
    }

    @Arbiter
    public void nextCheck(ZZZ_Result result) {
        result.r3 = organization.beginCheck() && organization.endCheck(true);
    }
}
