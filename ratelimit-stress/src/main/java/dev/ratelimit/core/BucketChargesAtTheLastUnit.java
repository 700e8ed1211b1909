package dev.ratelimit.core;

import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/** Two threads charge the last unit of a bucket. */
@JCStressTest
@Outcome(
        id = {"true, false, 2", "false, true, 2"},
        expect = Expect.ACCEPTABLE,
        desc = "One thread gets the unit, the other is refused.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Both get the unit, or none does.")
@State
public class BucketChargesAtTheLastUnit {

    private static final CompiledLimit TWO = CompiledLimits.of(TokenBucket.of(Unit.CALLS, 2, Duration.ofSeconds(1)));

    private final BucketCounter bucket = new BucketCounter(new Clocks(new ManualTime()));

    public BucketChargesAtTheLastUnit() {
        bucket.charge(TWO, 1, 0);
    }

    @Actor
    public void first(ZZJ_Result result) {
        result.r1 = bucket.charge(TWO, 1, 0) >= 0;
    }

    @Actor
    public void second(ZZJ_Result result) {
        result.r2 = bucket.charge(TWO, 1, 0) >= 0;
    }

    @Arbiter
    public void used(ZZJ_Result result) {
        result.r3 = bucket.status(TWO, 0).used();
    }
}
