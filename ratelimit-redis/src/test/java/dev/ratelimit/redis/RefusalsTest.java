package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is refused without asking Redis. */
class RefusalsTest extends ServedTest {

    private static final RateLimit HOUR = RateLimit.perHour(10);
    private static final Caller ACME = new Caller("acme", tierOf(HOUR));

    private long now = Long.MAX_VALUE - 40;
    private final Refusals refusals = new Refusals(Duration.ofNanos(100), () -> now);

    private static Target target(Limit limit) {
        return new Rules(9).of(new Caller("acme", tierOf(limit)), "chat");
    }

    private Optional<Rejected> known(RateLimit limit, long calls) {
        return Optional.ofNullable(refusals.of(target(limit), Usage.of(Unit.CALLS, calls)));
    }

    private void remember(long calls, long waitNanos) {
        remember(target(HOUR), 0, calls, waitNanos);
    }

    private void remember(Target target, int limit, long calls, long waitNanos) {
        Rule rule = target.rules().get(limit);
        refusals.remember(target.caller(), rule, rule, calls, waitNanos, refusals.now());
    }

    @Test
    void aLikeOrALargerCallIsRefusedUntilTheWaitIsOver() {
        remember(5, 80);
        now += 30;
        Rejected expected = target(HOUR).rules().get(0).rejectedFor(50, "");
        assertThat(known(HOUR, 5)).hasValue(expected);
        assertThat(known(HOUR, 6)).hasValue(expected);
        now += 49;
        assertThat(known(HOUR, 5)).hasValue(target(HOUR).rules().get(0).rejectedFor(1, ""));
        now += 1;
        assertThat(known(HOUR, 5)).isEmpty();
    }

    @Test
    void aLongWaitIsToldAsItIsAndRememberedNoLongerThanAllowed() {
        remember(5, 10_000);
        now += 99;
        assertThat(known(HOUR, 5)).hasValue(target(HOUR).rules().get(0).rejectedFor(9_901, ""));
        now += 1;
        assertThat(known(HOUR, 5)).isEmpty();
    }

    @Test
    void aSmallerCallOneThatNeverFitsAndOneUnderALargerAmountAreAskedFor() {
        remember(5, 80);
        assertThat(known(HOUR, 4)).isEmpty();
        assertThat(known(HOUR, 11)).isEmpty();
        assertThat(known(RateLimit.perHour(11), 5)).isEmpty();
        assertThat(known(RateLimit.perHour(11), 6)).isPresent();
        assertThat(known(RateLimit.perMinute(10), 5)).isEmpty();
        assertThat(refusals.of(new Rules(9).of(new Caller("umbrella", ACME.tier()), "chat"), Usage.of(Unit.CALLS, 5)))
                .isNull();
    }

    @Test
    void whatNeverFitsIsRefusedForGoodUntilItIsForgottenAndASmallerCallIsAskedFor() {
        remember(11, -1_000);
        now += 99;
        Rejected expected = target(HOUR).rules().get(0).rejectedForGood("");
        assertThat(known(HOUR, 11)).hasValue(expected);
        assertThat(known(HOUR, 12)).hasValue(expected);
        assertThat(known(HOUR, 10)).isEmpty();
        assertThat(known(RateLimit.perHour(11), 11)).isEmpty();
        now += 1;
        assertThat(known(HOUR, 11)).isEmpty();
    }

    @Test
    void theLongestOfSeveralIsTold() {
        Target target = new Rules(9).of(new Caller("acme", tierOf(HOUR, RateLimit.perMinute(9), HOUR)), "chat");
        Usage call = Usage.call();
        remember(target, 0, 1, 50);
        remember(target, 1, 1, 60);
        remember(target, 2, 1, 40);
        assertThat(refusals.of(target, call)).isEqualTo(target.rules().get(1).rejectedFor(60, ""));
        remember(target, 2, 1, -1_000);
        assertThat(refusals.of(target, call)).isEqualTo(target.rules().get(2).rejectedForGood(""));
    }

    @Test
    void aShadowIsAskedFor() {
        remember(5, 80);
        Tier shadow = Tier.named("shadow")
                .table(LimitTable.named("table 0").eachOther(HOUR).asShadow())
                .build();
        Caller caller = new Caller("acme", shadow);
        assertThat(refusals.of(new Rules(9).of(caller, "chat"), Usage.of(Unit.CALLS, 5)))
                .isNull();
    }

    @Test
    void aRunawayClientCostsRedisNothing() {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()).rememberRefusals(Duration.ofHours(1)));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 8));
        Rejected first = (Rejected) limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 3));
        forgetCounts();
        for (int i = 0; i < 1_000; i++) {
            Rejected again = (Rejected) limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 3));
            assertThat(again.cause()).isEqualTo(first.cause());
            assertThat(again.retryAfter().orElseThrow())
                    .isLessThanOrEqualTo(first.retryAfter().orElseThrow());
        }
        assertThat(limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 3))
                        .decision()
                        .isAdmitted())
                .isFalse();
        assertThat(sent("evalsha")).isZero();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isTrue();
    }

    @Test
    void aClientThatHasSpentALifetimeQuotaCostsRedisNothing() {
        Tier tier = tierOf(Quota.lifetime(Unit.CALLS, 5));
        RedisRateLimiter limiter = limiter(builder().tier(tier).rememberRefusals(Duration.ofHours(1)));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 5));
        Decision first = limiter.tryAcquire("acme", "chat");
        assertThat(first).isInstanceOf(Rejected.class);
        forgetCounts();
        assertThat(limiter.tryAcquire("acme", "chat")).isEqualTo(first);
        assertThat(sent("evalsha")).isZero();
    }

    @Test
    void whatIsGivenBackHereIsNoticedAtOnce() {
        RedisRateLimiter limiter = limiter(builder().tier(ACME.tier()).rememberRefusals(Duration.ofHours(1)));
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 8));
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 3)).isAdmitted())
                .isFalse();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 3)).isAdmitted())
                .isFalse();
        reservation.cancel();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 3)).isAdmitted())
                .isTrue();
    }
}
