package dev.ratelimit.core;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Two threads take the last place of what may be in flight. */
@JCStressTest
@Outcome(
        id = {"true, false, 1", "false, true, 1"},
        expect = Expect.ACCEPTABLE,
        desc = "One thread gets the place, the other is refused.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Both get the place, or what is in flight is not counted.")
@State
public class FlightsAtTheLastUnit {

    private static final CompiledLimit ONE = CompiledLimits.of(ConcurrencyLimit.of(1, Duration.ofSeconds(1)));

    private final InFlightCounter counter = new InFlightCounter(new Clocks(new ManualTime()));

    @Actor
    public void first(ZZJ_Result result) {
        result.r1 = counter.charge(ONE, 1, 0) >= 0;
    }

    @Actor
    public void second(ZZJ_Result result) {
        result.r2 = counter.charge(ONE, 1, 0) >= 0;
    }

    @Arbiter
    public void used(ZZJ_Result result) {
        result.r3 = counter.status(ONE, 0).used();
    }
}
