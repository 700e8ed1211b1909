package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Many threads on one bucket. */
class BucketCounterStressTest {

    private static final int THREADS = 4;
    private static final int CALLS = 50_000;
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static CompiledLimit bucket(long amount, Duration per, long capacity) {
        return CompiledLimits.of(TokenBucket.of(Unit.CALLS, amount, per).withCapacity(capacity));
    }

    /** Epochs end all the time, since two rates come by turns; time stands still, so that nothing flows back. */
    @RepeatedTest(5)
    void whateverThreadsDoNothingIsLostAndNothingCountsTwice() throws Exception {
        BucketCounter bucket = new BucketCounter(new Clocks(new ManualTime()));
        CompiledLimit[] limits = {bucket(1, SECOND, 1L << 30), bucket(2, SECOND, 1L << 29)};
        LongAdder used = new LongAdder();
        Rounds.of(1, THREADS, () -> {}, () -> {
            SplittableRandom random = new SplittableRandom();
            for (int i = 0; i < CALLS; i++) {
                CompiledLimit limit = limits[random.nextInt(2)];
                long units = random.nextInt(4);
                long position = random.nextInt(3) == 0
                        ? bucket.chargeAnyway(limit, units, 0).position()
                        : bucket.charge(limit, units, 0);
                long back = random.nextInt(4) == 0 ? random.nextLong(units + 1) : 0;
                bucket.refund(limit, bucket.booking(position), units, back, 0);
                used.add(units - back);
            }
        });
        assertThat(bucket.status(limits[0], 0).used()).isEqualTo(used.sum());
    }

    @Test
    void whatFlowsBackMeanwhileIsExact() throws Exception {
        BucketCounter bucket = new BucketCounter(new Clocks(TimeSource.system()));
        CompiledLimit limit = bucket(1_000_003, Duration.ofMinutes(1), 1L << 40);
        long half = 1L << 39;
        long begin = System.nanoTime();
        bucket.charge(limit, half, begin);
        LongAdder used = new LongAdder();
        Rounds.of(1, THREADS, () -> {}, () -> {
            for (int i = 0; i < CALLS; i++) {
                used.add(bucket.charge(limit, 3, System.nanoTime()) >= 0 ? 3 : 0);
            }
        });
        long now = System.nanoTime();
        assertThat(used.sum()).isEqualTo(3L * THREADS * CALLS);
        assertThat(bucket.status(limit, now).used()).isEqualTo(half + used.sum() - limit.flow.flowed(now - begin));
    }

    @Test
    void threadsThatRaceForTheLastUnitsGetNoMoreThanThereAre() throws Exception {
        CompiledLimit limit = bucket(1, SECOND, 100);
        BucketCounter[] bucket = new BucketCounter[1];
        LongAdder used = new LongAdder();
        Rounds.of(
                2_000,
                THREADS,
                () -> {
                    assertThat(used.sumThenReset()).isEqualTo(bucket[0] == null ? 0 : 100);
                    bucket[0] = new BucketCounter(new Clocks(new ManualTime()));
                },
                () -> {
                    for (int i = 0; i < 50; i++) {
                        used.add(bucket[0].charge(limit, 1, 0) >= 0 ? 1 : 0);
                    }
                });
    }
}
