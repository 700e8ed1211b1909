package dev.ratelimit.core;

import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;

/**
 * The first two calls of an organization come while one place is left: the one that takes it has not put the
 * organization there yet.
 */
@JCStressTest
@Outcome(id = "true, true, 2", expect = Expect.ACCEPTABLE, desc = "Both calls are of the one organization, and count.")
@Outcome(
        expect = Expect.FORBIDDEN,
        desc = "A call is refused by the booking of its own organization, or does not count.")
@State
public class FirstCallsForTheLastPlace {

    private static final Tier TIER = Book.perHour(2);

    private final OrganizationStore one = new OrganizationStore(
            new Clocks(new ManualTime()),
            new Listeners(List.of(), new ThrottledLog(new ManualTime(), "limits")),
            1,
            1,
            CapacityPolicy.REFUSE);

    private boolean call() {
        return one.tryAcquire("acme", TIER, "chat", Usage.call()).isAdmitted();
    }

    @Actor
    public void call(ZZL_Result result) {
        result.r1 = call();
    }

    @Actor
    public void otherCall(ZZL_Result result) {
        result.r2 = call();
    }

    @Arbiter
    public void used(ZZL_Result result) {
        result.r3 = one.status("acme", TIER, "chat").get(0).used();
    }
}
