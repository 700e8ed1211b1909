package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** An organization is reset, while one call after the other looks for its state: in the map, and by a hint. */
@JCStressTest
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "Whoever finds the former state is before the reset.")
@Outcome(expect = Expect.FORBIDDEN, desc = "After a call that finds the new state, one is charged to the former.")
@State
public class CallsBesideAReset {

    private final OrganizationStore store = new Book().all;
    private final OrganizationState former;

    public CallsBesideAReset() {
        former = store.require("acme");
        store.get("acme"); // by which it gets a hint
    }

    @Actor
    public void reset() {
        store.replace(former, former.unused());
    }

    @Actor
    public void calls(Z_Result result) {
        boolean isReset = store.find("acme") != former;
        result.r1 = isReset && store.get("acme") == former && former.confirmLive();
    }
}
