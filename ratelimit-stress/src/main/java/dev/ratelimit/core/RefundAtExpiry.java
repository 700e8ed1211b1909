package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/**
 * A unit is given back under a mark while a thread with a later reading finds that the mark has expired, and the next
 * one too. What is used then, the two units of t=50, depends on neither.
 */
@JCStressTest
@Outcome(
        id = "false, 2",
        expect = Expect.ACCEPTABLE,
        desc = "The units of t=50 leave no room for those that are asked for.")
@Outcome(
        expect = Expect.FORBIDDEN,
        desc = "What was given back of an expired charge is taken off a live one, or stays charged.")
@State
public class RefundAtExpiry {

    private static final CompiledLimit FOUR = CompiledLimits.perWindow(4);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);
    private final Meter.Booking first;

    public RefundAtExpiry() {
        first = requireNonNull(window.booking(window.charge(FOUR, 1, 10)));
        window.charge(FOUR, 1, 20);
        window.charge(FOUR, 2, 50);
    }

    @Actor
    public void refund() {
        window.refund(first, 1);
    }

    @Actor
    public void charge(ZJ_Result result) {
        result.r1 = window.charge(FOUR, 3, 125) >= 0;
    }

    @Arbiter
    public void used(ZJ_Result result) {
        result.r2 = window.used(125);
    }
}
