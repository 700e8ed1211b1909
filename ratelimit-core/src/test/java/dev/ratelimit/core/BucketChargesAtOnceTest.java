package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Charges to a token bucket that are made at once, since nothing stands in their way, and those that are not. */
@Tag("mutants")
class BucketChargesAtOnceTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long LAG = SECOND / 10;

    /** Ten calls, of which ten flow back in a second. */
    private static final CompiledLimit TEN = perSecond(10);

    private final long begin = new ManualTime().nanoTime();

    private static CompiledLimit perSecond(long amount) {
        return CompiledLimits.of(
                TokenBucket.of(Unit.CALLS, amount, Duration.ofSeconds(1)).withCapacity(10));
    }

    /** Returns a bucket of which a unit was charged, and which is full again. */
    private BucketCounter bucket(TimeSource time) {
        BucketCounter bucket = new BucketCounter(new Clocks(time));
        assertThat(bucket.charge(TEN, 1, begin)).isNotNegative();
        return bucket;
    }

    private BucketCounter bucket() {
        return bucket(new ManualTime());
    }

    private long used(BucketCounter bucket, CompiledLimit limit, long seconds) {
        return bucket.status(limit, begin + seconds * SECOND).used();
    }

    @Test
    void moreThanTheCapacityNeverFitsHoweverLongTheBucketIsFull() {
        BucketCounter bucket = bucket();
        assertThat(~bucket.charge(TEN, 11, begin + 60 * SECOND)).isEqualTo(CompiledLimit.NEVER);
        assertThat(bucket.charge(TEN, 10, begin + 60 * SECOND)).isNotNegative();
        assertThat(bucket.charge(TEN, 1, begin + 60 * SECOND)).isNegative();
        assertThat(bucket.charge(TEN, 1, begin + 60 * SECOND + SECOND / 10)).isNotNegative();
    }

    @Test
    void aChargeWithALateReadingFlowsBackFromWhenTheBucketWasFull() {
        BucketCounter bucket = bucket();
        assertThat(bucket.charge(TEN, 5, begin + 10 * SECOND)).isNotNegative();
        long late = bucket.charge(TEN, 4, begin + 8 * SECOND);
        bucket.refund(TEN, bucket.booking(late), 4, 4, begin + 10 * SECOND);
        assertThat(used(bucket, TEN, 10)).isEqualTo(5);
    }

    @Test
    void unitsFlowBackAsOfTheLatestTimeThatAReadingMayBeOf() {
        BucketCounter bucket = bucket(new LaggingTime(begin, Duration.ofNanos(LAG)));
        long position = bucket.charge(TEN, 10, begin + 10 * SECOND);
        assertThat(~bucket.charge(TEN, 1, begin + 10 * SECOND)).isEqualTo(LAG + SECOND / 10);
        bucket.refund(TEN, bucket.booking(position), 10, 10, begin + 10 * SECOND);
        assertThat(used(bucket, TEN, 10)).isZero();
    }

    /** The bucket was full at 7 s. So the fast rate from before matters no more. */
    @Test
    void whatIsGivenBackGoesByTheRatesSinceTheBucketWasFull() {
        BucketCounter bucket = bucket();
        CompiledLimit slow = perSecond(1);
        CompiledLimit faster = perSecond(2);
        assertThat(bucket.charge(TEN, 5, begin + SECOND)).isNotNegative();
        assertThat(bucket.charge(slow, 1, begin + SECOND)).isNotNegative();
        long position = bucket.charge(slow, 8, begin + 10 * SECOND);
        Meter.Booking booking = bucket.booking(position);
        assertThat(bucket.charge(faster, 1, begin + 11 * SECOND)).isNotNegative();
        bucket.refund(faster, booking, 8, 8, begin + 12 * SECOND);
        assertThat(used(bucket, faster, 12)).isEqualTo(2);
    }
}
