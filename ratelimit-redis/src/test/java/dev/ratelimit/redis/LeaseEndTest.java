package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When leases end, and from when on their units count. */
class LeaseEndTest extends LeasingTest {

    @Test
    void whatIsServedAtTheLastMomentCountsForAWindowFromThen() {
        RedisRateLimiter limiter = leasing(10, machine(), SECOND);
        RedisRateLimiter other = limiter(SECOND);
        admits(limiter, 1);
        time.advance(Duration.ofMillis(98));
        assertThat(admits(limiter, 9)).isTrue();
        time.advance(Duration.ofMillis(1_001));
        assertThat(admits(other, 1))
                .as("before the lease's end and a window are over")
                .isFalse();
        time.advance(Duration.ofMillis(1));
        assertThat(admits(other, 10)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {-10, 0, 10})
    void aLeaseEndsHereBeforeItEndsOnTheServerIfAClockIsOffByAHundredth(long perMille) {
        RedisRateLimiter limiter = leasing(10, new Machine(time, perMille), MINUTE);
        admits(limiter, 1);
        time.advance(LEASE.multipliedBy(98).dividedBy(100));
        assertRoundTrips(0, () -> admits(limiter, 1));
        time.advance(LEASE.multipliedBy(2).dividedBy(100));
        forgetCounts();
        admits(limiter, 1);
        assertThat(sent("evalsha"))
                .as("what is left is given back, and the call asks")
                .isEqualTo(2);
    }

    @Test
    void aLeaseCountsFromBeforeRedisWasAskedHoweverLateItAnswers() {
        Machine machine = machine();
        RedisRateLimiter limiter = leasing(10, machine, MINUTE);
        client("PAUSE", "100000", "WRITE");
        CompletionStage<?> answer = limiter.async().tryAcquire("acme", "chat", calls(1));
        time.advance(LEASE.dividedBy(2));
        client("UNPAUSE");
        answer.toCompletableFuture().join();
        machine.stepWall(LEASE.negated());
        time.advance(LEASE.dividedBy(2));
        assertRoundTrips(2, () -> admits(limiter, 1));
    }

    @Test
    void aWallClockThatStepsBackLengthensNothing() {
        Machine machine = machine();
        RedisRateLimiter limiter = leasing(10, machine, MINUTE);
        admits(limiter, 1);
        machine.stepWall(LEASE.negated());
        time.advance(LEASE);
        assertRoundTrips(2, () -> admits(limiter, 1));
    }

    @Test
    void aMachineThatWasSuspendedServesNothingMore() {
        Machine machine = machine();
        RedisRateLimiter limiter = leasing(10, machine, MINUTE);
        admits(limiter, 1);
        machine.stepWall(LEASE);
        assertRoundTrips(2, () -> admits(limiter, 1));
    }

    @Test
    void aLeaseOfAQuotaEndsWithThePeriod() {
        time.setWall(Instant.parse("2025-01-01T23:59:59.950Z"));
        RedisRateLimiter limiter = leasing(10, machine(), DAY);
        admits(limiter, 1);
        time.advance(Duration.ofMillis(49));
        assertRoundTrips(0, () -> admits(limiter, 1));
        time.advance(Duration.ofMillis(1));
        assertRoundTrips(2, () -> admits(limiter, 1));
        assertThat(used(limiter)).as("a lease of the new day").isEqualTo(10);
        limiter.close();
        assertThat(used(limiter(DAY))).isEqualTo(1);
    }

    @Test
    void whatALostMachineHeldLeavesAWindowWithTheLeaseAndStaysInAQuota() {
        RedisRateLimiter lost = leasing(10, machine(), SECOND, DAY);
        RedisRateLimiter other = limiter(SECOND, DAY);
        admits(lost, 1);
        time.advance(Duration.ofNanos(1_099_999_000));
        assertThat(admits(other, 1)).isFalse();
        time.advance(Duration.ofNanos(1_000));
        assertThat(admits(other, 10)).isTrue();
        assertThat(other.status("acme", "chat").get(1).used()).isEqualTo(20);
    }
}
