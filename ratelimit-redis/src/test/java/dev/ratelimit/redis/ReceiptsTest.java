package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens to a request that is sent again, because its answer was lost. */
class ReceiptsTest extends ServedTest {

    private static final RateLimit MINUTE = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota MONTH = Quota.perMonth(Unit.TOKENS, 500);
    private static final Caller ACME = new Caller("acme", tierOf(MINUTE, MONTH));

    private static final Target TARGET = new Rules(9).of(ACME, "chat");

    private final ServerTime serverTime = ServerTime.guessedBy(TimeSource.system());

    private Request request(Request.Operation operation, String receipt) {
        String base = Keys.base("ratelimit:", "acme");
        return new Request(operation, base, receipt, 5_000, serverTime, Instant.now(), TARGET);
    }

    private Request charge(String receipt, long tokens) {
        Request request = request(Request.Operation.CHARGE, receipt);
        for (Rule rule : TARGET.rules()) {
            request.addMeter(rule, true).add(false).add(rule.room(tokens)).add(tokens);
        }
        return request;
    }

    private List<Object> send(Request request) {
        return redis.eval(Script.TEXT, ScriptOutputType.MULTI, request.keys(), request.args());
    }

    private void assertUsed(long tokens) {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()));
        assertThat(limiter.status("acme", "chat"))
                .extracting(status -> status.used())
                .containsOnly(tokens);
    }

    @Test
    void aChargeThatIsSentAgainIsAnsweredAlikeAndChargedOnce() {
        List<Object> first = send(charge("one", 60));
        List<Object> again = send(charge("one", 60));
        assertThat(again).isEqualTo(first).startsWith(1L);
        assertUsed(60);
        assertThat(send(charge("two", 60))).startsWith(0L);
        assertThat(send(charge("three", 40))).startsWith(1L);
        assertUsed(100);
    }

    @Test
    void aRefusalThatIsSentAgainIsDecidedAnew() {
        send(charge("one", 60));
        assertThat(send(charge("two", 60))).startsWith(0L);
        redis.flushall();
        assertThat(send(charge("two", 60))).startsWith(1L);
    }

    @Test
    void aSettlementThatIsSentAgainGivesBackOnce() {
        List<Object> mine = send(charge("mine", 60));
        send(charge("another", 40));
        for (int i = 0; i < 3; i++) {
            Request settle = request(Request.Operation.SETTLE, "settled");
            List<Rule> rules = TARGET.rules();
            for (int meter = 0; meter < 2; meter++) {
                settle.addMeter(rules.get(meter), false).add(0).add(0).add(3);
                settle.add((Long) mine.get(3 + 3 * meter))
                        .add((Long) mine.get(4 + 3 * meter))
                        .add(50);
            }
            send(settle);
        }
        assertUsed(50);
    }

    @Test
    void eachChargeOfALimiterHasAReceiptOfItsOwn() {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()));
        RedisRateLimiter other = limiter(builder().tier(ACME.tier()));
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1)))
                    .isEqualTo(Decision.admitted());
            assertThat(other.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1)))
                    .isEqualTo(Decision.admitted());
        }
        assertUsed(20);
        assertThat(redis.keys("*:r:*")).hasSize(20);
    }
}
