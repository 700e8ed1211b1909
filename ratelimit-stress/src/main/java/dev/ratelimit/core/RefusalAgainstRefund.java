package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A full window refuses, and remembers why, while the only unit is given back. Then a call asks again. */
@JCStressTest
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "The unit was given back after the refusal.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The unit was given back before, and is taken.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A refusal is remembered that holds no more, or both get the unit.")
@State
public class RefusalAgainstRefund {

    private static final CompiledLimit ONE = CompiledLimits.perWindow(1);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);
    private final MarkRef charged;

    public RefusalAgainstRefund() {
        charged = requireNonNull(window.booking(window.charge(ONE, 1, 10)));
    }

    @Actor
    public void ask(ZZ_Result result) {
        result.r1 = window.charge(ONE, 1, 20) >= 0;
    }

    @Actor
    public void giveBack() {
        window.refund(charged, 1);
    }

    @Arbiter
    public void askAgain(ZZ_Result result) {
        result.r2 = window.charge(ONE, 1, 30) >= 0;
    }
}
