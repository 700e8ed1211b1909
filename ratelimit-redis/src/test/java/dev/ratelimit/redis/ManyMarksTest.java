package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/**
 * A window of so many marks that its tree has three levels, and of so many units that they are counted in two parts.
 */
class ManyMarksTest extends ServedTest {

    private static final int STEPS = 3_000;
    private static final long MOST = 1L << 53;

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    /** What was reserved of the limiter, and the same of the reference. */
    private record Twins(Reservation actual, Reservation expected) {}

    /**
     * Charges of a few units and of very many, that are settled soon or late, and times that pass one mark or some
     * hundred.
     */
    @RepeatedTest(2)
    void everyAnswerIsTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        boolean large = repetition.getCurrentRepetition() % 2 == 0;
        long unit = large ? MOST / 1_800 : 1;
        long amount = large ? MOST : 1_800;
        Duration window = Duration.ofMillis(50);
        Tier tier = tierOf(new RateLimit(Unit.CALLS, amount, window, Precision.EXACT));
        RedisRateLimiter limiter = limiter(builder().tier(tier).time(ServerTime.supplied(time)));
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time);
        List<Twins> open = new ArrayList<>();
        long most = 0;
        for (int step = 0; step < STEPS; step++) {
            Usage estimate = calls(random.nextInt(3) * unit);
            Twins twins =
                    new Twins(limiter.reserve("acme", "chat", estimate), reference.reserve("acme", "chat", estimate));
            assertThat(twins.actual.decision()).as("step %d", step).isEqualTo(twins.expected.decision());
            open.add(twins);
            if (random.nextInt(3) > 0) {
                Twins ended = open.remove(random.nextInt(open.size()));
                Usage used = calls(random.nextInt(random.nextInt(10) == 0 ? 9 : 2) * unit);
                assertThat(ended.actual.settle(used)).isEqualTo(ended.expected.settle(used));
            }
            Usage question = calls(random.nextLong(amount));
            assertThat(limiter.peek("acme", "chat", question))
                    .as("step %d: %s", step, question)
                    .isEqualTo(reference.peek("acme", "chat", question));
            assertThat(limiter.status("acme", "chat")).as("step %d", step).isEqualTo(reference.status("acme", "chat"));
            boolean leaps = random.nextInt(1_500) == 0;
            time.advance(Duration.ofNanos(1_000L * (leaps ? random.nextInt(49_000) : 1 + random.nextInt(30))));
            most = step % 100 == 0 ? Math.max(most, blocks()) : most;
        }
        assertThat(most).as("blocks").isGreaterThan(1_024 / 32);
    }

    private long blocks() {
        return redis.keys("*:b:*").stream().mapToLong(key -> redis.hlen(key)).sum();
    }

    @Test
    void theLargestAmountIsFullWhenItIsUsedAndOverWithOneMore() {
        RedisRateLimiter limiter = limiter(RateLimit.of(Unit.CALLS, MOST, Duration.ofHours(1)));
        Reservation last = limiter.reserve("acme", "chat", calls(0));
        assertThat(limiter.tryAcquire("acme", "chat", calls(MOST)).isAdmitted()).isTrue();
        assertThat(limiter.peek("acme", "chat", calls(0)).isAdmitted()).isTrue();
        assertThat(limiter.peek("acme", "chat", calls(1)).isAdmitted()).isFalse();
        assertThat(last.settle(calls(1))).isTrue();
        assertThat(limiter.peek("acme", "chat", calls(0)).isAdmitted()).isFalse();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(MOST + 1);
    }
}
