package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What is in flight, on a server that several machines share. */
class CallsInFlightTest extends ServedTest {

    private static final long START = Duration.ofDays(20_000).toSeconds() * 1_000_000;
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final SettableTime clock = new SettableTime(START);

    private RedisRateLimiter limiterOf(Limit... limits) {
        return limiter(builder().tier(tierOf(limits)).time(ServerTime.supplied(clock)));
    }

    private RedisRateLimiter limiterOf(long calls) {
        return limiterOf(ConcurrencyLimit.of(calls, LONGEST));
    }

    private void pass(Duration time) {
        clock.micros += time.toNanos() / 1_000;
    }

    private static LimitStatus status(RedisRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0);
    }

    private static Rejected rejected(Decision decision) {
        return (Rejected) decision;
    }

    private List<String> metered() {
        return redis.keys("*}:[mb]:*");
    }

    @Test
    void unitsOfACrashedMachineComeBackWhenTheLongestTimeHasPassedAndNotBefore() {
        RedisRateLimiter crashed = limiterOf(2);
        RedisRateLimiter other = limiterOf(2);
        crashed.reserve("acme", "chat", Usage.call());
        pass(Duration.ofSeconds(1));
        crashed.reserve("acme", "chat", Usage.call());
        pass(Duration.ofSeconds(1));
        Rejected rejected = rejected(other.reserve("acme", "chat", Usage.call()).decision());
        assertThat(rejected.retryAfter()).hasValue(LONGEST.minusSeconds(2));
        assertThat(rejected.mayBeSooner()).isTrue();
        clock.micros = START + LONGEST.toSeconds() * 1_000_000 - 1;
        assertThat(other.peek("acme", "chat", Usage.call()).isAdmitted()).isFalse();
        assertThat(status(other).used()).isEqualTo(2);
        clock.micros++;
        assertThat(rejected(other.peek("acme", "chat", Usage.of(Unit.CALLS, 2))).retryAfter())
                .as("until the second")
                .hasValue(Duration.ofSeconds(1));
        assertThat(status(other).used()).isEqualTo(1);
        assertThat(other.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
        assertThat(other.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
        clock.micros += 1_000_000;
        assertThat(other.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
    }

    @Test
    void aLateSettlementFreesNothingOfAnother() {
        RedisRateLimiter limiter = limiterOf(1);
        Reservation late = limiter.reserve("acme", "chat", Usage.call());
        pass(LONGEST);
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
        late.settle(Usage.call());
        assertThat(late.cancel()).isFalse();
        assertThat(status(limiter).used()).isEqualTo(1);
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
    }

    @Test
    void theEndFreesAllWhateverWasUsed() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(Unit.TOKENS, 1_000, LONGEST));
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 600));
        assertThat(reservation.use(Usage.of(Unit.TOKENS, 700)).isAdmitted()).isTrue();
        assertThat(status(limiter).used()).isEqualTo(700);
        assertThat(reservation.use(Usage.of(Unit.TOKENS, 301)).isAdmitted()).isFalse();
        reservation.settle(Usage.of(Unit.TOKENS, 5_000));
        assertThat(status(limiter).used()).isZero();
        assertThat(redis.keys("*}:b:*")).isEmpty();
    }

    @Test
    void aRenewedReservationCountsForTheLongestTimeFromThenOn() {
        RedisRateLimiter limiter = limiterOf(1);
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        pass(LONGEST.minusSeconds(1));
        assertThat(reservation.renew()).isTrue();
        pass(LONGEST.minusSeconds(1));
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(reservation.renew()).as("it counts no more").isFalse();
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
        reservation.cancel();
        assertThat(reservation.renew()).isFalse();
        assertThat(status(limiter).used()).isEqualTo(1);
    }

    @Test
    void anEndpointWhoseCallWasRenewedKeepsItsMeter() {
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(ConcurrencyLimit.of(1, LONGEST)))
                .maxUnlistedEndpoints(1)
                .time(ServerTime.supplied(clock)));
        Reservation first = limiter.reserve("acme", "chat", Usage.call());
        for (int i = 0; i < 3; i++) {
            pass(LONGEST.minusSeconds(1));
            assertThat(first.renew()).isTrue();
        }
        limiter.reserve("acme", "embed", Usage.call());
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
    }

    @Test
    void whatAWrongClockRenewedCountsForTheLongestTimeFromWhenThatIsFoundOut() {
        Duration day = Duration.ofDays(1);
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(1, day));
        Reservation crashed = limiter.reserve("acme", "chat", Usage.call());
        pass(Duration.ofHours(10));
        assertThat(crashed.renew()).isTrue();
        pass(Duration.ofHours(-10));
        assertThat(status(limiter).used()).isEqualTo(1);
        pass(day);
        assertThat(status(limiter).used()).isZero();
    }

    @Test
    void aReservationThatHoldsNothingInFlightIsRenewedAsLongAsItIsOpen() {
        Reservation reservation = limiterOf(RateLimit.perMinute(5)).reserve("acme", "chat", Usage.call());
        forgetCounts();
        assertThat(reservation.renew()).isTrue();
        assertThat(sent("evalsha")).isZero();
        reservation.cancel();
        assertThat(reservation.renew()).isFalse();
    }

    @Test
    void renewingTellsFalseWhereRedisDoesNotAnswer() {
        RedisServer server = new RedisServer();
        RedisClient client = RedisClient.create(server.uri());
        RedisRateLimiter limiter = RedisRateLimiter.builder(client)
                .tier(tierOf(ConcurrencyLimit.of(1, LONGEST)))
                .timeout(Duration.ofSeconds(2))
                .build();
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        assertThat(reservation.renewAsync().toCompletableFuture().join()).isTrue();
        server.close();
        assertThat(reservation.renew()).isFalse();
        assertThat(reservation.renewAsync().toCompletableFuture().join()).isFalse();
        limiter.close();
        Clients.shutDown(client);
    }

    @Test
    void oneStuckCallAndManyShortOnesTakeNoMemory() {
        RedisRateLimiter limiter = limiterOf(10);
        limiter.reserve("acme", "chat", Usage.call());
        for (int i = 0; i < 3_000; i++) {
            Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
            pass(Duration.ofMillis(1));
            reservation.settle(Usage.call());
        }
        assertThat(status(limiter).used()).isEqualTo(1);
        assertThat(metered()).hasSize(2);
        assertThat(redis.zcard(redis.keys("*}:b:*").get(0))).isEqualTo(1);
        pass(LONGEST);
        assertThat(status(limiter).used()).isZero();
        assertThat(redis.keys("*}:b:*")).as("also what only a status finds").isEmpty();
        assertThat(redis.pttl(metered().get(0))).isBetween(1L, 700_000L);
    }

    @Test
    void thousandsAreCountedInPages() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(Unit.TOKENS, 1_000, LONGEST));
        for (int i = 0; i < 250; i++) {
            limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 4));
            pass(Duration.ofSeconds(1));
        }
        for (long wanted : new long[] {1, 4, 5, 400, 401, 1_000}) {
            Rejected rejected = rejected(limiter.peek("acme", "chat", Usage.of(Unit.TOKENS, wanted)));
            long last = (wanted - 1) / 4; // the number of the reservation that must end
            assertThat(rejected.retryAfter()).hasValue(LONGEST.minusSeconds(250 - last));
        }
        assertThat(status(limiter).resetAfter()).hasValue(LONGEST.minusSeconds(1));
        assertThat(status(limiter).nextReleaseAfter()).hasValue(LONGEST.minusSeconds(250));
        pass(LONGEST.minusSeconds(50));
        assertThat(status(limiter).used()).isEqualTo(196);
    }

    private static final Usage TOKEN = Usage.of(Unit.TOKENS, 1);

    /** A stream that has used some pieces of a token each, a millisecond apart. */
    private RedisReservation stream(RedisRateLimiter limiter, int pieces) {
        RedisReservation stream = (RedisReservation) limiter.reserve("acme", "chat", TOKEN);
        assertThat(stream.use(TOKEN).isAdmitted()).isTrue();
        for (int i = 1; i < pieces; i++) {
            pass(Duration.ofMillis(1));
            assertThat(stream.use(TOKEN).isAdmitted()).isTrue();
        }
        return stream;
    }

    private long members() {
        return redis.zcard(redis.keys("*}:b:*").get(0));
    }

    @Test
    void theThousandsOfPiecesOfAStreamShareAnEntry() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(Unit.TOKENS, 40_000_000, Duration.ofHours(24)));
        RedisReservation stream = stream(limiter, 5_000);
        assertThat(status(limiter).used()).isEqualTo(5_000);
        assertThat(members()).isEqualTo(3);
        assertThat(stream.bookings()).isEqualTo(2);
        stream.settle();
        assertThat(status(limiter).used()).isZero();
        assertThat(redis.keys("*}:b:*")).isEmpty();
    }

    @Test
    void aStreamThatOutlivesTheLongestTimeKeepsNothingThatIsOver() {
        Duration longest = Duration.ofMillis(200);
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(Unit.TOKENS, 10_000, longest));
        RedisReservation stream = stream(limiter, 3_000);
        assertThat(status(limiter).used()).isEqualTo(200);
        assertThat(members()).isEqualTo(2);
        assertThat(stream.bookings()).isEqualTo(1);
        pass(Duration.ofMillis(1));
        assertThat(status(limiter).used()).isZero();
        assertThat(redis.keys("*}:b:*")).isEmpty();
    }

    @Test
    void aStreamThatIsRenewedGoesOnWithItsEntry() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(Unit.TOKENS, 10_000, Duration.ofSeconds(2)));
        RedisReservation stream = stream(limiter, 1_000);
        for (int i = 0; i < 5; i++) {
            assertThat(stream.renew()).isTrue();
            for (int piece = 0; piece < 100; piece++) {
                pass(Duration.ofMillis(19));
                assertThat(stream.use(TOKEN).isAdmitted()).isTrue();
            }
            assertThat(members()).isEqualTo(3);
        }
        assertThat(status(limiter).used()).isEqualTo(1_500);
        assertThat(status(limiter).resetAfter()).hasValue(Duration.ofMillis(100));
        pass(Duration.ofMillis(100));
        assertThat(stream.renew()).as("it has come to its end").isFalse();
        assertThat(status(limiter).used()).isZero();
    }

    @Test
    void aPieceThatComesWithTheEndOfALongStreamIsGivenBack() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(Unit.TOKENS, 10_000, LONGEST));
        for (int round = 0; round < 20; round++) {
            RedisReservation stream = stream(limiter, 70);
            List<CompletionStage<?>> under = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                under.add(stream.useAsync(TOKEN));
                if (i == round) {
                    under.add(stream.settleAsync());
                }
            }
            for (CompletionStage<?> each : under) {
                each.toCompletableFuture().join();
            }
            assertThat(status(limiter).used()).isZero();
        }
    }

    @Test
    void recordedUsageTakesNone() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(1, LONGEST), RateLimit.perMinute(5));
        limiter.reserve("acme", "chat", Usage.call());
        assertThat(limiter.record(limiter.caller("acme"), "chat", Usage.call())
                        .answer()
                        .isAdmitted())
                .isFalse();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(1L, 2L);
    }

    @Test
    void aRefusalIsNotRemembered() {
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(ConcurrencyLimit.of(1, LONGEST)))
                .rememberRefusals(Duration.ofMinutes(1))
                .time(ServerTime.supplied(clock)));
        Reservation elsewhere = limiterOf(1).reserve("acme", "chat", Usage.call());
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
        elsewhere.cancel();
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
    }

    @Test
    void theWaitThatIsCertainIsThatOfOtherLimits() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(1, LONGEST), RateLimit.perMinute(1));
        limiter.reserve("acme", "chat", Usage.call());
        pass(Duration.ofSeconds(20));
        Rejected rejected =
                rejected(limiter.reserve("acme", "chat", Usage.call()).decision());
        assertThat(rejected.retryAfter()).hasValue(LONGEST.minusSeconds(20));
        assertThat(rejected.certainWait()).hasValue(Duration.ofSeconds(40));
    }

    @Test
    void aCallThatCannotEndIsLoggedOnce() {
        LogLines lines = new LogLines();
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(ConcurrencyLimit.of(100, LONGEST)))
                .logger(lines)
                .time(ServerTime.supplied(clock)));
        limiter.reserve("acme", "chat", Usage.call());
        assertThat(lines.with("")).isEmpty();
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("acme", "chat");
        assertThat(lines.with("")).singleElement().asString().contains("reserve", "endpoint=chat");
    }

    @Test
    void noLimitInFlightIsLeased() {
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(ConcurrencyLimit.of(100, LONGEST)))
                .leases(50, Duration.ofSeconds(1))
                .time(ServerTime.supplied(clock)));
        limiter.tryAcquire("acme", "chat");
        assertThat(limiter.stats().leases()).isZero();
        assertThat(status(limiter).used()).isEqualTo(1);
    }

    @Test
    void whatAWrongClockChargedCountsForTheLongestTimeFromWhenThatIsFoundOut() {
        RedisRateLimiter limiter = limiterOf(3);
        limiter.reserve("acme", "chat", Usage.call());
        pass(Duration.ofDays(4_000));
        List<Reservation> ahead = new ArrayList<>();
        ahead.add(limiter.reserve("acme", "chat", Usage.call()));
        ahead.add(limiter.reserve("acme", "chat", Usage.call()));
        clock.micros = START + 1_000_000;
        assertThat(status(limiter).used()).as("what expired meanwhile is lost").isEqualTo(2);
        assertThat(status(limiter).resetAfter()).hasValue(LONGEST);
        ahead.get(0).cancel();
        assertThat(status(limiter).used()).isEqualTo(1);
        pass(LONGEST);
        assertThat(status(limiter).used()).isZero();
        assertThat(metered()).allSatisfy(key -> assertThat(redis.pttl(key)).isBetween(1L, 700_000L));
    }

    @Test
    void resetFreesAllAndALateEndFreesNothingElse() {
        RedisRateLimiter limiter = limiterOf(2);
        Reservation before = limiter.reserve("acme", "chat", Usage.call());
        limiter.admin().reset("acme");
        assertThat(metered()).isEmpty();
        limiter.reserve("acme", "chat", Usage.call());
        before.cancel();
        assertThat(status(limiter).used()).isEqualTo(1);
    }

    @Test
    void entriesThatSomebodyDeletedDoNotCountForEver() {
        RedisRateLimiter limiter = limiterOf(1);
        limiter.reserve("acme", "chat", Usage.call());
        redis.del(redis.keys("*}:b:*").get(0));
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
        pass(LONGEST);
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
    }

    @Test
    void keysLiveAsLongAsWhatIsInFlight() {
        limiterOf(2).reserve("acme", "chat", Usage.call());
        assertThat(metered())
                .hasSize(2)
                .allSatisfy(key -> assertThat(redis.pttl(key)).isBetween(650_000L, 660_000L));
    }
}
