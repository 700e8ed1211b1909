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
import org.openjdk.jcstress.infra.results.J_Result;

/** A charge is made at the rate of a bucket while another one changes the rate. */
@JCStressTest
@Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "All charges count.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A charge is lost with the epoch of the former rate.")
@State
public class BucketChargesAtTwoRates {

    private static final CompiledLimit ONE_A_SECOND = bucket(1);
    private static final CompiledLimit TWO_A_SECOND = bucket(2);

    private final BucketCounter bucket = new BucketCounter(new Clocks(new ManualTime()));

    public BucketChargesAtTwoRates() {
        bucket.charge(ONE_A_SECOND, 1, 0);
    }

    private static CompiledLimit bucket(long amount) {
        return CompiledLimits.of(
                TokenBucket.of(Unit.CALLS, amount, Duration.ofSeconds(1)).withCapacity(10));
    }

    @Actor
    public void sameRate() {
        bucket.charge(ONE_A_SECOND, 1, 0);
    }

    @Actor
    public void otherRate() {
        bucket.charge(TWO_A_SECOND, 1, 0);
    }

    @Arbiter
    public void used(J_Result result) {
        result.r1 = bucket.status(TWO_A_SECOND, 0).used();
    }
}
