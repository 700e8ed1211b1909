package dev.ratelimit.core;

import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * One thread finds that the units of t=11 have expired, as it reads 4107, while another charges with its earlier
 * reading of 50. A charge at 51 would be in one window with the units of t=11 and t=51, which are all there may be.
 * Stamps are the ends of grains of 4, so that the charge needs no mark, and may take the fast path.
 */
@JCStressTest
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "The charge is refused: the units of t=11 count.")
@Outcome(
        id = "4107",
        expect = Expect.ACCEPTABLE,
        desc = "The charge is made as of t=4107, when the units of t=11 have gone.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The charge is made in one window with the units that were found expired.")
@State
public class StaleChargeAtExpiry {

    private static final long WINDOW = 4_096;
    private static final CompiledLimit COARSE =
            CompiledLimits.of(RateLimit.of(Unit.CALLS, 2_000, Duration.ofNanos(WINDOW)));

    private final SlidingWindow window = new SlidingWindow(WINDOW, 0);

    public StaleChargeAtExpiry() {
        window.charge(COARSE, 1_000, 8);
        window.charge(COARSE, 1_000, 50);
    }

    @Actor
    public void expiry() {
        window.used(4_107);
    }

    @Actor
    public void charge(J_Result result) {
        result.r1 = Stamps.charge(window, COARSE, 50);
    }
}
