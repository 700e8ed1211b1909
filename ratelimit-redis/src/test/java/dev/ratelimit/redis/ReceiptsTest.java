package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.DoubleBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What happens to a request that is sent again, because its answer was lost. */
class ReceiptsTest extends ServedTest {

    private static final RateLimit MINUTE = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota MONTH = Quota.perMonth(Unit.TOKENS, 500);
    private static final Tier TIER = tierOf(MINUTE, MONTH);

    private final ServerTime serverTime = ServerTime.guessedBy(TimeSource.system());

    private Request request(Request.Operation operation, Tier tier, long name, long tokens) {
        LimitSet limitSet = new EncodedLimits(9, 9).of(Caller.of("acme", tier), "chat");
        Request request = new Request(
                operation, RedisKeys.base("ratelimit:", "acme"), name, 5_000, serverTime, limitSet, encoded -> tokens);
        for (EncodedLimit encoded : limitSet.limits()) {
            if (encoded.periods != null && operation != Request.Operation.SETTLE) {
                request.addPeriods(encoded, Instant.now());
            }
        }
        return request;
    }

    private CommandArgs<String, String> charge(long name, long tokens) {
        return request(Request.Operation.CHARGE, TIER, name, tokens).arguments(Script.TEXT, false);
    }

    /** Sends a request, which knows whether it was sent before. */
    private byte[] send(CommandArgs<String, String> arguments) {
        return redis.dispatch(CommandType.EVAL, new ByteArrayOutput<>(StringCodec.UTF8), arguments);
    }

    private static boolean admits(byte[] answer) {
        return Reply.unpacked(answer).get(0) > 0;
    }

    private void assertUsed(Tier tier, long tokens) {
        assertThat(limiter(builder().tier(tier)).status("acme", "chat"))
                .extracting(status -> status.used())
                .containsOnly(tokens);
    }

    @Test
    void aChargeThatIsSentAgainIsAnsweredAlikeAndChargedOnce() {
        CommandArgs<String, String> one = charge(1, 60);
        byte[] first = send(one);
        assertThat(admits(first)).isTrue();
        assertThat(send(one)).isEqualTo(first);
        assertThat(send(one)).isEqualTo(first);
        assertUsed(TIER, 60);
        assertThat(admits(send(charge(2, 60)))).isFalse();
        assertThat(admits(send(charge(3, 40)))).isTrue();
        assertUsed(TIER, 100);
    }

    /**
     * Under marks of their own and of others, before and after blocks are full, in windows that are over by then, and
     * in a period.
     */
    @Test
    void manyChargesThatAreSentAgainInAnyOrderAreAnsweredAlike() {
        Tier tier = tierOf(
                RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(1)),
                RateLimit.of(Unit.TOKENS, 100_000, Duration.ofHours(1)),
                Quota.perMonth(Unit.TOKENS, 5_000));
        List<CommandArgs<String, String>> charges = new ArrayList<>();
        List<byte[]> answers = new ArrayList<>();
        for (int name = 1; name <= 70; name++) {
            charges.add(request(Request.Operation.CHARGE, tier, name, 3).arguments(Script.TEXT, false));
            answers.add(send(charges.get(name - 1)));
        }
        assertThat(answers).allMatch(ReceiptsTest::admits);
        for (int i = 69; i >= 0; i--) {
            assertThat(send(charges.get(i))).as("charge %d", i).isEqualTo(answers.get(i));
        }
        assertUsed(tier, 210);
        assertThat(redis.keys("*:r:*")).as("marks serve as receipts").hasSizeLessThan(10);
    }

    /** No mark is left of them, or none that tells their time. */
    @Test
    void chargesInBriefAndInCoarseWindowsThatAreSentAgainAreAnsweredAlikeToo() throws InterruptedException {
        Tier brief = tierOf(RateLimit.of(Unit.TOKENS, 9, Duration.ofMillis(5)));
        Tier coarse = tierOf(RateLimit.of(Unit.TOKENS, 9_000, Duration.ofHours(1)));
        long lastName = 0;
        for (Tier tier : List.of(brief, coarse)) {
            for (int i = 0; i < 3; i++) {
                CommandArgs<String, String> charge =
                        request(Request.Operation.CHARGE, tier, ++lastName, 3).arguments(Script.TEXT, false);
                byte[] answer = send(charge);
                TimeUnit.MILLISECONDS.sleep(6);
                assertThat(send(charge)).as("charge %d", lastName).isEqualTo(answer);
            }
        }
        assertUsed(coarse, 9);
    }

    /**
     * The mark of a coarse window that such a charge begins bears its name too, but is stamped with the end of a grain.
     */
    @Test
    void aChargeInACoarseAndInAnExactWindowThatIsSentAgainIsAnsweredAlike() throws InterruptedException {
        Tier tier = tierOf(
                RateLimit.of(Unit.TOKENS, 100_000, Duration.ofMinutes(1)),
                RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(2)));
        for (int name = 1; name <= 5; name++) {
            CommandArgs<String, String> charge =
                    request(Request.Operation.CHARGE, tier, name, 3).arguments(Script.TEXT, false);
            byte[] answer = send(charge);
            assertThat(send(charge)).as("charge %d", name).isEqualTo(answer);
            TimeUnit.MILLISECONDS.sleep(40); // so that the next one begins a grain
        }
        assertUsed(tier, 15);
    }

    @Test
    void aChargeThatNobodyWillTakeBackIsChargedOnceToo() {
        Tier tier = tierOf(MINUTE, RateLimit.of(Unit.TOKENS, 100_000, Duration.ofMinutes(2)), MONTH);
        for (int name = 1; name <= 5; name++) {
            CommandArgs<String, String> take =
                    request(Request.Operation.TAKE, tier, name, 3).arguments(Script.TEXT, false);
            for (int i = 0; i < 3; i++) {
                assertThat(admits(send(take))).isTrue();
            }
        }
        assertUsed(tier, 15);
    }

    @Test
    void aRefusalThatIsSentAgainIsDecidedAnew() {
        send(charge(1, 60));
        CommandArgs<String, String> two = charge(2, 60);
        assertThat(admits(send(two))).isFalse();
        redis.flushall();
        assertThat(admits(send(two))).isTrue();
    }

    @Test
    void aSettlementThatIsSentAgainGivesBackOnce() {
        DoubleBuffer mine = Reply.unpacked(send(charge(1, 60)));
        send(charge(2, 40));
        Request settle = request(Request.Operation.SETTLE, TIER, 3, 0);
        giveBackOf(60, 50, mine, 3).addTo(settle);
        settle.add(0);
        giveBackOf(60, 50, mine, 6).addTo(settle);
        CommandArgs<String, String> arguments = settle.arguments(Script.TEXT, false);
        for (int i = 0; i < 3; i++) {
            send(arguments);
        }
        assertUsed(TIER, 50);
        send(settle.arguments(Script.TEXT, false)); // what was sent first, over a connection that was taken for dead
        assertUsed(TIER, 50);
    }

    private static Change giveBackOf(long charged, long units, DoubleBuffer answer, int at) {
        Booking booking = new Booking((long) answer.get(at), (long) answer.get(at + 1), charged);
        EncodedLimit any = new EncodedLimits(9, 9)
                .of(Caller.of("acme", TIER), "chat")
                .limits()
                .get(0);
        return new Change(any, List.of(new Refund(booking, units)), 0, 0);
    }

    @Test
    void eachChargeOfALimiterHasANameOfItsOwn() {
        RedisRateLimiter limiter = limiter(builder().tier(tierOf(MONTH)));
        RedisRateLimiter other = limiter(builder().tier(tierOf(MONTH)));
        for (int i = 0; i < 10; i++) {
            limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1));
            other.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1));
        }
        assertThat(redis.keys("*:r:*")).hasSize(20);
    }
}
