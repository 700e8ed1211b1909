package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** What is refused without asking Redis. */
class RejectionCacheTest extends ServedTest {

    private static final RateLimit HOUR = RateLimit.perHour(10);
    private static final Caller ACME = Caller.of("acme", tierOf(HOUR));
    private static final Caller WITH_NOTICE =
            Caller.of("acme", Tier.named("tier").message("notice").build());
    private static final String BASE = "ratelimit:{acme}:";

    private final ManualTime clock = new ManualTime(Instant.EPOCH, Long.MAX_VALUE - 40_000);
    private final RejectionCache rejections = new RejectionCache(Duration.ofNanos(100_000), clock);
    private final LimitSet limitSet = targetOf("chat", HOUR);
    private final List<EncodedLimit> encodedLimits = limitSet.limits();

    private static LimitSet targetOf(String endpoint, Limit... limits) {
        return new EncodedLimits(9, 9).of(Caller.of("acme", tierOf(limits)), endpoint);
    }

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    private static ToLongFunction<EncodedLimit> units(long calls) {
        return ScriptClient.unitsOf(calls(calls));
    }

    private RejectionCache.Asked asked(long calls) {
        return rejections.asked(BASE, limitSet, units(calls));
    }

    private void remember(long calls, long waitMicros) {
        rejections.remember(
                asked(calls), encodedLimits.get(0), waitMicros < 0 ? Waits.NEVER : Micros.nanos(waitMicros));
    }

    private Optional<Rejected> known(long calls) {
        return Optional.ofNullable(rejections.of(asked(calls), WITH_NOTICE));
    }

    private Optional<Rejected> refusedFor(long nanos) {
        return Optional.of(encodedLimits.get(0).rejected(5, WITH_NOTICE, nanos, nanos));
    }

    private void pass(long micros) {
        clock.advance(Duration.ofNanos(1_000 * micros));
    }

    @Test
    void theSameCallIsRefusedUntilItsWaitIsOver() {
        remember(5, 80);
        assertThat(known(5)).isEqualTo(refusedFor(80_000));
        pass(30);
        assertThat(known(5)).isEqualTo(refusedFor(50_000));
        pass(49);
        assertThat(known(5)).isEqualTo(refusedFor(1_000));
        pass(1);
        assertThat(known(5)).isEmpty();
    }

    @Test
    void aLongWaitIsToldAsItIsAndRememberedNoLongerThanAllowed() {
        remember(5, 10_000);
        pass(99);
        assertThat(known(5)).isEqualTo(refusedFor(9_901_000));
        pass(1);
        assertThat(known(5)).isEmpty();
    }

    @Test
    void whatIsRefusedForGoodIsForgottenTooAfterAWhile() {
        remember(11, -1);
        pass(99);
        assertThat(known(11)).hasValue(encodedLimits.get(0).rejected(11, WITH_NOTICE, Waits.NEVER, Waits.NEVER));
        pass(1);
        assertThat(known(11)).isEmpty();
    }

    @Test
    void itLastsFromBeforeRedisWasAskedAndTellsTheWaitThatTheAnswerTold() {
        RejectionCache.Asked asked = asked(5);
        pass(20);
        rejections.remember(asked, encodedLimits.get(0), Micros.nanos(50));
        pass(29);
        assertThat(known(5)).as("50 from when it came, as was told").isEqualTo(refusedFor(21_000));
        pass(1);
        assertThat(known(5)).as("50 from before it was asked").isEmpty();
    }

    @Test
    void anotherQuestionIsAskedFor() {
        remember(5, 80);
        assertThat(known(4)).isEmpty();
        assertThat(known(6)).isEmpty();
        assertThat(rejections.of(rejections.asked(BASE, targetOf("chat", HOUR), units(5)), ACME))
                .as("other rules")
                .isNull();
        assertThat(rejections.of(rejections.asked("ratelimit:{umbrella}:", limitSet, units(5)), ACME))
                .as("another organization")
                .isNull();
        assertThat(rejections.of(
                        rejections.asked(BASE, limitSet, ScriptClient.unitsOf(calls(5).and(Unit.TOKENS, 9))),
                        WITH_NOTICE))
                .as("units that no limit counts")
                .isEqualTo(refusedFor(80_000).orElseThrow());
    }

    @Test
    void aChangeEndsTheRefusalsThatDependOnItAndThoseThatWereDecidedBefore() {
        remember(5, 80);
        RejectionCache.Asked before = asked(6);
        rejections.end(BASE, limitSet);
        assertThat(known(5)).isEmpty();
        rejections.remember(before, encodedLimits.get(0), Micros.nanos(80));
        assertThat(known(6)).as("came after the change, but was asked before").isEmpty();
        remember(6, 80);
        rejections.end("ratelimit:{umbrella}:", limitSet);
        assertThat(known(6)).as("of another organization").isPresent();
    }

    /** Which meters it has depends on how many others there are. */
    @Test
    void aChangeOfAnyEndpointThatNoTableNamesEndsTheRefusalsOfAllOfThem() {
        remember(5, 80);
        rejections.end(BASE, targetOf("embed", RateLimit.perMinute(3)).overflow());
        assertThat(known(5)).isEmpty();
    }

    @Test
    void aChangeOfAnotherMeterEndsNoRefusalOfAnEndpointThatATableNames() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("hours").each(HOUR, "chat", "embed"))
                .table(LimitTable.named("group").together("both", HOUR, "chat", "rerank"))
                .build();
        EncodedLimits known = new EncodedLimits(9, 9);
        Caller caller = Caller.of("acme", tier);
        LimitSet chat = known.of(caller, "chat");
        rejections.remember(
                rejections.asked(BASE, chat, units(5)), chat.limits().get(0), Micros.nanos(80));
        rejections.end(BASE, known.of(caller, "embed"));
        rejections.end(BASE, known.of(caller, "unlisted"));
        assertThat(rejections.of(rejections.asked(BASE, chat, units(5)), ACME)).isNotNull();
        rejections.end(BASE, known.of(caller, "rerank"));
        assertThat(rejections.of(rejections.asked(BASE, chat, units(5)), ACME))
                .as("a limit that both share was charged")
                .isNull();
    }

    @Test
    void theWallClockEndsARefusalSinceTheOtherStandsStillWhileAMachineIsSuspended() {
        remember(5, 80);
        clock.stepWall(Duration.ofNanos(79_999));
        assertThat(known(5)).isPresent();
        clock.stepWall(Duration.ofNanos(1));
        assertThat(known(5)).isEmpty();
        clock.stepWall(Duration.ofHours(-2));
        assertThat(known(5)).as("set back").isEmpty();
    }

    @Test
    void aTimeOfZeroRemembersNothing() {
        RejectionCache none = new RejectionCache(Duration.ZERO, clock);
        none.remember(none.asked(BASE, limitSet, units(5)), encodedLimits.get(0), Micros.nanos(80));
        assertThat(none.of(none.asked(BASE, limitSet, units(5)), ACME)).isNull();
    }

    @Test
    void aRunawayClientCostsRedisNothing() {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()).rememberRefusals(Duration.ofHours(1)));
        limiter.tryAcquire("acme", "chat", calls(8));
        Rejected first = (Rejected) limiter.tryAcquire("acme", "chat", calls(3));
        forgetCounts();
        for (int i = 0; i < 1_000; i++) {
            Rejected again = (Rejected) limiter.tryAcquire("acme", "chat", calls(3));
            assertThat(again.cause()).isEqualTo(first.cause());
            assertThat(again.retryAfter().orElseThrow())
                    .isLessThanOrEqualTo(first.retryAfter().orElseThrow());
        }
        assertThat(limiter.reserve("acme", "chat", calls(3)).decision().isAdmitted())
                .isFalse();
        assertThat(sent("evalsha")).isZero();
        assertThat(limiter.tryAcquire("acme", "chat", calls(2)).isAdmitted()).isTrue();
    }

    @Test
    void aRunawayStreamCostsRedisNothing() {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()).rememberRefusals(Duration.ofHours(1)));
        Reservation reservation = limiter.reserve("acme", "chat", calls(8));
        Decision first = reservation.use(calls(11));
        forgetCounts();
        for (int i = 0; i < 100; i++) {
            assertThat(reservation.use(calls(11)).isAdmitted()).isFalse();
        }
        assertThat(sent("evalsha")).isZero();
        assertThat(first.isAdmitted()).isFalse();
        assertThat(reservation.use(calls(10)).isAdmitted()).isTrue();
    }

    @Test
    void aClientThatHasSpentALifetimeQuotaCostsRedisNothing() {
        Tier tier = tierOf(Quota.lifetime(Unit.CALLS, 5));
        RedisRateLimiter limiter = limiter(builder().tier(tier).rememberRefusals(Duration.ofHours(1)));
        limiter.tryAcquire("acme", "chat", calls(5));
        Decision first = limiter.tryAcquire("acme", "chat");
        assertThat(first).isInstanceOf(Rejected.class);
        forgetCounts();
        assertThat(limiter.tryAcquire("acme", "chat")).isEqualTo(first);
        assertThat(sent("evalsha")).isZero();
    }

    /**
     * Where it is refused for a time, somebody has charged the meter that it shares, and does so for longer than that.
     */
    @Test
    void oneForGoodNamesTheEndpointAsSoonAsItCountsByItself() {
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(RateLimit.perMinute(3)))
                .time(ServerTime.supplied(time))
                .maxUnlistedEndpoints(1)
                .rememberRefusals(Duration.ofHours(1)));
        assertThat(limiter.tryAcquire("acme", "first").isAdmitted()).isTrue();
        assertThat(scopeThatRefuses(limiter)).isEqualTo(Scope.Endpoint.OVERFLOW);
        time.advance(Duration.ofHours(1));
        assertThat(scopeThatRefuses(limiter)).isEqualTo(new Scope.Endpoint("second"));
    }

    private static Scope scopeThatRefuses(RedisRateLimiter limiter) {
        Rejected rejected = (Rejected) limiter.tryAcquire("acme", "second", calls(4));
        assertThat(rejected.retryAfter()).isEmpty();
        return ((LimitReached) rejected.cause()).applied().scope();
    }

    @Test
    void aPeekIsAlwaysAsked() {
        RedisRateLimiter limiter =
                limiter(builder().tier(tierOf(RateLimit.perHour(1))).rememberRefusals(Duration.ofHours(1)));
        limiter.tryAcquire("acme", "chat");
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        forgetCounts();
        assertThat(limiter.peek("acme", "chat", Usage.call()).isAdmitted()).isFalse();
        assertThat(sent("evalsha")).isEqualTo(1);
    }

    /**
     * One thread has the limit full now and then, the other is refused meanwhile: that must be over when all is given
     * back.
     */
    @Test
    void noRefusalOutlastsWhatWasGivenBackHoweverAnswersOvertakeEachOther() throws InterruptedException {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()).rememberRefusals(Duration.ofHours(1)));
        for (int round = 0; round < 100; round++) {
            Thread other = new Thread(() -> {
                for (int i = 0; i < 5; i++) {
                    limiter.reserve("acme", "chat", calls(8)).cancel();
                }
            });
            other.start();
            for (int i = 0; i < 8; i++) {
                limiter.reserve("acme", "chat", calls(3)).cancel();
            }
            other.join();
            Reservation last = limiter.reserve("acme", "chat", calls(3));
            assertThat(last.decision().isAdmitted()).as("round %d", round).isTrue();
            last.cancel();
        }
    }

    @Test
    void aCallWhoseChargeIsUnknownEndsARefusal() {
        RedisRateLimiter limiter = limiter(
                builder().tier(ACME.tier()).timeout(Duration.ofMillis(50)).rememberRefusals(Duration.ofHours(1)));
        limiter.tryAcquire("acme", "chat", calls(8));
        Rejected first = (Rejected) limiter.tryAcquire("acme", "chat", calls(3));
        redis.clientPause(200);
        limiter.tryAcquire("acme", "chat", calls(2));
        assertThat(redis.ping()).as("the pause is over").isEqualTo("PONG");
        assertThat(requireNonNull(first.retryAfter()).orElseThrow()).isPositive();
        forgetCounts();
        limiter.tryAcquire("acme", "chat", calls(3));
        assertThat(sent("evalsha")).isEqualTo(1);
    }
}
