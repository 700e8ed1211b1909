package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/**
 * A unit is given back under a mark while a thread with a later reading finds that its block has expired, and passes it
 * by. What is used then, the two units of t=50, depends on neither.
 */
@JCStressTest
@JCStressMeta(RefundAtExpiry.class)
@State
public class RefundAsMarksArePassedBy {

    private static final CompiledLimit SEVEN = CompiledLimits.perWindow(7);

    private final SlidingWindow window = new SlidingWindow(CompiledLimits.WINDOW, 0);
    private final Meter.Booking first;

    public RefundAsMarksArePassedBy() {
        first = requireNonNull(window.booking(window.charge(SEVEN, 1, 10)));
        for (int stamp = 15; stamp <= 30; stamp += 5) { // five marks are the first block
            window.charge(SEVEN, 1, stamp);
        }
        window.charge(SEVEN, 2, 50);
    }

    @Actor
    public void refund() {
        window.refund(first, 1);
    }

    @Actor
    public void charge(ZJ_Result result) {
        result.r1 = window.charge(SEVEN, 6, 135) >= 0;
    }

    @Arbiter
    public void used(ZJ_Result result) {
        result.r2 = window.used(135);
    }
}
