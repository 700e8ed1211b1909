package dev.ratelimit.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** The state of an organization ends, and is taken out of the hints, while a call puts it there. */
@JCStressTest
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "The hints do not have it.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The hints keep a state that has ended.")
@State
public class HintOfAStateThatEnds {

    private final StateHints hints = new StateHints();
    private final OrganizationState acme = new Book().all.unseen("acme");

    @Actor
    public void call() {
        hints.add(acme, 1);
    }

    @Actor
    public void end() {
        acme.end();
        hints.remove(acme);
    }

    @Arbiter
    public void found(Z_Result result) {
        result.r1 = hints.find("acme") != null;
    }
}
