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

/** A unit is given back to a bucket while a charge changes the rate. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "The charge counts, and the unit is given back.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The charge is lost, or the unit is.")
@State
public class BucketRefundAgainstAnotherRate {

    private static final CompiledLimit ONE_A_SECOND = bucket(1);
    private static final CompiledLimit TWO_A_SECOND = bucket(2);

    private final BucketCounter bucket = new BucketCounter(new Clocks(new ManualTime()));
    private final BucketCharge two;

    public BucketRefundAgainstAnotherRate() {
        two = bucket.booking(bucket.charge(ONE_A_SECOND, 2, 0));
    }

    private static CompiledLimit bucket(long amount) {
        return CompiledLimits.of(
                TokenBucket.of(Unit.CALLS, amount, Duration.ofSeconds(1)).withCapacity(10));
    }

    @Actor
    public void giveBack() {
        bucket.refund(ONE_A_SECOND, two, 2, 1, 0);
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
