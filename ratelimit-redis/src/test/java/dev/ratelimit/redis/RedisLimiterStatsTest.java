package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RedisLimiterStatsTest extends FaultInjectingTest {

    private final RedisServer server = open(new RedisServer("--appendonly", "yes", "--appendfsync", "always"));

    private RedisRateLimiterBuilder patient() {
        return builder(server.uri()).timeout(LONG);
    }

    @Test
    void decisionsAreCountedIfThatIsAskedFor() {
        RedisRateLimiter limiter = open(patient().countDecisions().build());
        assertThat(admits(limiter, AMOUNT - 1)).isTrue();
        assertThat(limiter.reserve("acme", "chat", tokens(1)).decision().isAdmitted())
                .isTrue();
        assertThat(limiter.reporting().tryAcquire("acme", "chat", tokens(1)).isAdmitted())
                .isFalse();
        assertThat(limiter.peek("acme", "chat", tokens(1)).isAdmitted()).isFalse();
        assertThat(limiter.stats().admitted()).hasValue(2);
        assertThat(limiter.stats().rejected()).hasValue(1);
        assertThat(limiter.reporting().stats().admitted()).hasValue(2);
    }

    @Test
    void decisionsAreNotCountedOtherwise() {
        RedisRateLimiter limiter = open(patient().build());
        assertThat(admits(limiter, 1)).isTrue();
        assertThat(limiter.stats())
                .hasToString("RedisLimiterStats[admitted=OptionalLong.empty, rejected=OptionalLong.empty,"
                        + " waitingSettlements=0, leases=0, rememberedRefusals=0, openCircuits=0, furtherMembers=0]");
    }

    @Test
    void leasesCountUntilTheyAreGivenBack() {
        RedisRateLimiter limiter = open(patient().leases(10, LONG).build());
        assertThat(limiter.tryAcquire("acme", "chat", tokens(1)).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "embed", tokens(1)).isAdmitted()).isTrue();
        assertThat(limiter.stats().leases()).isEqualTo(2);
        limiter.close();
        assertThat(limiter.stats().leases()).isZero();
    }

    @Test
    void refusalsCountUntilTheirTimeIsOver() {
        ManualTime time = new ManualTime();
        RedisRateLimiter limiter = open(patient()
                .rememberRefusals(Duration.ofSeconds(2))
                .time(ServerTime.supplied(time))
                .build());
        assertThat(admits(limiter, AMOUNT + 1)).isFalse();
        assertThat(admits(limiter, AMOUNT + 2)).isFalse();
        assertThat(admits(limiter, AMOUNT + 2)).isFalse();
        time.advance(Duration.ofSeconds(1));
        assertThat(admits(limiter, AMOUNT + 3)).isFalse();
        assertThat(limiter.stats().rememberedRefusals()).isEqualTo(3);
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.stats().rememberedRefusals()).isOne();
    }

    @Test
    void settlementsAndCircuitsCountWhileTheServerIsAway() {
        RedisRateLimiter limiter = impatient(server.uri());
        AsyncReservation first = limiter.reserve("acme", "chat", tokens(9));
        AsyncReservation second = limiter.reserve("acme", "chat", tokens(9));
        server.kill();
        assertThat(first.settle(tokens(1))).isTrue();
        assertThat(second.cancel()).isTrue();
        await("both wait", () -> limiter.stats().waitingSettlements() == 2);
        await("the circuit opens", () -> !admits(limiter, 1) && limiter.stats().openCircuits() == 1);
        server.restart();
        await(
                "all is over",
                () -> limiter.stats().waitingSettlements() == 0
                        && limiter.stats().openCircuits() == 0);
        assertUsed(limiter, 1);
    }
}
