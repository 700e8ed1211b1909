package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Grants, resets, and what is forgotten; what is carried over is in the contract. */
class RedisAdminToolsTest extends ServedTest {

    private static final Duration UNTIL_FEBRUARY = Duration.ofDays(31);

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("minutes").eachOtherEndpoint(RateLimit.perMinute(1_000)))
            .table(LimitTable.named("months").each(Quota.perMonth(10), "chat").eachOtherEndpoint(Quota.perMonth(10)))
            .build();

    private final ManualTime manual = new ManualTime();
    private final List<String> heard = new ArrayList<>();
    private RedisRateLimiter limiter;

    @BeforeEach
    void build() {
        limiter = limiter(builder().tier(TIER).time(ServerTime.supplied(manual)).listener(new RateLimitListener() {
            @Override
            public void onGranted(Caller caller, LimitStatus status) {
                heard.add("granted " + caller.organization() + " " + status.granted());
            }

            @Override
            public void onReset(String organization) {
                heard.add("reset " + organization);
            }

            @Override
            public void onForgotten(String organization) {
                heard.add("forgotten " + organization);
            }
        }));
    }

    private LimitStatus grant(String endpoint, long units) {
        return limiter.admin().grant("acme", TIER.limitsFor(endpoint).get(1), units);
    }

    private static Usage calls(long calls) {
        return Usage.of(Unit.CALLS, calls);
    }

    private boolean admits(String endpoint, long calls) {
        return limiter.tryAcquire("acme", endpoint, calls(calls)).isAdmitted();
    }

    private LimitStatus month(String endpoint) {
        return limiter.status("acme", endpoint).get(1);
    }

    @Test
    void whatIsGrantedMayBeUsedBeyondTheAmountUntilThePeriodEnds() {
        assertThat(admits("chat", 10)).isTrue();
        assertThat(admits("chat", 1)).isFalse();
        assertThat(grant("chat", 5)).isEqualTo(month("chat"));
        assertThat(month("chat"))
                .returns(10L, LimitStatus::used)
                .returns(5L, LimitStatus::granted)
                .returns(5L, LimitStatus::remaining);
        assertThat(admits("chat", 6)).isFalse();
        assertThat(admits("chat", 5)).isTrue();
        assertThat(admits("chat", 1)).isFalse();
        manual.advance(UNTIL_FEBRUARY);
        assertThat(month("chat")).returns(0L, LimitStatus::granted).returns(10L, LimitStatus::remaining);
        assertThat(admits("chat", 11)).isFalse();
        assertThat(admits("chat", 10)).isTrue();
    }

    @Test
    void aCallOfMoreThanTheAmountIsAdmittedWhileTheGrantLastsAndOtherwiseNever() {
        grant("chat", 5);
        assertThat(admits("chat", 15)).isTrue();
        Rejected rejected = (Rejected) limiter.peek("acme", "chat", calls(11));
        assertThat(rejected.retryAfter()).isEmpty();
        rejected = (Rejected) limiter.peek("acme", "chat", calls(10));
        assertThat(rejected.retryAfter()).contains(UNTIL_FEBRUARY);
    }

    @Test
    void grantsAddUpAndAreTakenBack() {
        assertThat(grant("chat", 5).granted()).isEqualTo(5);
        assertThat(grant("chat", 3).granted()).isEqualTo(8);
        assertThat(admits("chat", 18)).isTrue();
        assertThat(grant("chat", -6))
                .returns(2L, LimitStatus::granted)
                .returns(0L, LimitStatus::remaining)
                .returns(6L, LimitStatus::overrun);
        assertThat(grant("chat", -6).granted()).isZero();
        long most = 1L << 53;
        assertThat(grant("chat", most).granted()).isEqualTo(most);
        assertThat(grant("chat", most).granted()).isEqualTo(most);
        assertThat(grant("chat", -most).granted()).isZero();
        assertThat(heard).hasSize(7).startsWith("granted acme 5", "granted acme 8", "granted acme 2");
    }

    @Test
    void anEndpointThatNoTableNamesIsGrantedItsOwn() {
        grant("embed", 5);
        assertThat(admits("embed", 15)).isTrue();
        assertThat(admits("chat", 11)).isFalse();
        assertThat(month("embed")).returns(15L, LimitStatus::used).returns(5L, LimitStatus::granted);
    }

    @Test
    void whatIsNoQuotaOfTheTierIsRefused() {
        AppliedLimit minute = TIER.limitsFor("chat").get(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.admin().grant("acme", minute, 1))
                .withMessageStartingWith("quota must be a quota: ");
    }

    @Test
    void aResetSetsWhatIsUsedToNothingAndLeavesWhatIsGranted() {
        grant("chat", 5);
        admits("chat", 9);
        admits("embed", 9);
        limiter.admin().reset("acme");
        assertThat(month("chat")).returns(0L, LimitStatus::used).returns(5L, LimitStatus::granted);
        assertThat(month("embed")).returns(0L, LimitStatus::used).returns(0L, LimitStatus::granted);
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
        assertThat(admits("chat", 15)).isTrue();
        limiter.admin().reset("nobody");
        assertThat(heard).containsExactly("granted acme 5", "reset acme");
    }

    @Test
    void aResetIsToldIfSomethingIsUsedOrGranted() {
        admits("embed", 1);
        limiter.admin().reset("acme");
        limiter.admin().reset("acme");
        assertThat(heard).containsExactly("reset acme");
        grant("chat", 5);
        limiter.admin().reset("acme");
        limiter.admin().reset("acme");
        assertThat(heard).containsExactly("reset acme", "granted acme 5", "reset acme", "reset acme");
    }

    @Test
    void whatIsForgottenBeginsAnew() {
        grant("chat", 5);
        admits("chat", 9);
        limiter.admin().forget("acme");
        assertThat(month("chat")).returns(0L, LimitStatus::used).returns(0L, LimitStatus::granted);
        limiter.admin().forget("acme");
        assertThat(heard).containsExactly("granted acme 5", "forgotten acme");
    }

    @Test
    void aReservationGivesNothingBackOfWhatIsUsedSinceAReset() {
        for (boolean granted : new boolean[] {true, false}) {
            AsyncReservation reservation = limiter.reserve("acme", "chat", calls(6));
            if (granted) {
                grant("chat", 1);
            }
            limiter.admin().reset("acme");
            manual.advance(Duration.ofMillis(1)); // two marks of one meter at one time are one
            admits("chat", 5);
            reservation.cancel();
            assertThat(limiter.status("acme", "chat"))
                    .allSatisfy(status -> assertThat(status.used()).isEqualTo(5));
            limiter.admin().forget("acme");
        }
    }

    @Test
    void aReservationOfBeforeAResetIsChargedWhatItUsedBeyondItsEstimate() {
        AsyncReservation reservation = limiter.reserve("acme", "chat", calls(2));
        limiter.admin().reset("acme");
        reservation.settle(calls(5));
        assertThat(month("chat").used()).isEqualTo(3);
    }
}
