package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DecisionTest {

    private static final LimitReached REACHED =
            new LimitReached(AppliedLimit.of("calls per minute", new Scope.Endpoint("chat"), RateLimit.perMinute(20)));

    @Test
    void aRejectionSaysTheTiersTextThenLimitAndSpan() {
        assertThat(Rejected.temporary(REACHED, "Please upgrade.", 1).message())
                .isEqualTo("Please upgrade. Exceeded the limit of 20 calls per minute for endpoint \"chat\" (calls per "
                        + "minute)");
        assertThat(Rejected.permanent(REACHED, "").message()).startsWith("Exceeded the limit of 20 calls per minute");
    }

    @Test
    void aRejectionSaysWhenToComeBack() {
        assertThat(Rejected.temporary(REACHED, "", 1_500_000_000L).retryAfter()).contains(Duration.ofMillis(1_500));
        assertThat(Rejected.permanent(REACHED, "").retryAfter()).isEmpty();
        assertThatThrownBy(() -> Rejected.temporary(REACHED, "", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retryAfterNanos must be >= 1: retryAfterNanos=0");
    }

    @Test
    void aSpentSpendingLimitAsksForPaymentAndAnyOtherLimitForPatience() {
        assertThat(statusOf(RateLimit.perMinute(1))).isEqualTo(429);
        assertThat(statusOf(Quota.perMonth(1))).isEqualTo(429);
        assertThat(statusOf(Quota.perMonth(Unit.NANO_USD, 1))).isEqualTo(402);
        assertThat(statusOf(RateLimit.of(Unit.NANO_USD, 1, Duration.ofHours(1))))
                .isEqualTo(429);
        assertThat(statusOf(TokenBucket.perMinute(1))).isEqualTo(429);
        assertThat(statusOf(ConcurrencyLimit.of(1, Duration.ofHours(1)))).isEqualTo(429);
        assertThat(statusOf(PerCallLimit.of(Unit.NANO_USD, 1))).isEqualTo(413);
    }

    @Test
    void aWaitForCallsInFlightIsAnUpperBound() {
        Rejected perhapsSooner = Rejected.temporaryAtMost(REACHED, "", 9_000_000_000L, 2_000_000_000);
        assertThat(perhapsSooner)
                .returns(true, Rejected::mayBeSooner)
                .returns(Optional.of(Duration.ofSeconds(9)), Rejected::retryAfter)
                .returns(Optional.of(Duration.ofSeconds(2)), Rejected::certainWait)
                .isNotEqualTo(Rejected.temporary(REACHED, "", 9_000_000_000L));
        assertThat(perhapsSooner.withLimits(List.of()).mayBeSooner()).isTrue();
        assertThat(perhapsSooner).asString().endsWith(", retry after PT9S, perhaps after PT2S");
        assertThat(Rejected.temporary(REACHED, "", 9))
                .returns(false, Rejected::mayBeSooner)
                .returns(Optional.of(Duration.ofNanos(9)), Rejected::certainWait);
        assertThat(Rejected.permanent(REACHED, ""))
                .returns(false, Rejected::mayBeSooner)
                .returns(Optional.empty(), Rejected::certainWait);
        assertThat(Rejected.temporaryAtMost(REACHED, "", 9, 0).certainWait()).contains(Duration.ZERO);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rejected.temporaryAtMost(REACHED, "", 9, 10))
                .withMessage("certainNanos must be from 0 to retryAfterNanos: certainNanos=10");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rejected.temporaryAtMost(REACHED, "", 9, -1))
                .withMessage("certainNanos must be from 0 to retryAfterNanos: certainNanos=-1");
    }

    @Test
    void aUsageThatNeverFitsIsCalledTooLarge() {
        assertThat(by(RateLimit.perMinute(20), 20).message()).startsWith("Exceeded the limit of 20 calls per minute");
        assertThat(by(RateLimit.perMinute(20), 21).message())
                .isEqualTo("Larger than the limit of 20 calls per minute for group \"all\" (t)");
        assertThat(by(Quota.perMonth(20), 21).tooLarge()).isTrue();
        assertThat(by(Quota.perMonth(20).withOverrun(Overrun.UNTIL_REACHED), 21).tooLarge())
                .isFalse();
        TokenBucket bucket = TokenBucket.perMinute(20).withCapacity(70);
        assertThat(by(bucket, 70).tooLarge()).isFalse();
        assertThat(by(bucket, 71).tooLarge()).isTrue();
        assertThat(by(ConcurrencyLimit.of(20, Duration.ofMinutes(1)), 21).tooLarge())
                .isTrue();
        assertThat(by(PerCallLimit.of(Unit.TOKENS, 20), 21))
                .returns(true, LimitReached::tooLarge)
                .returns("Larger than the limit of 20 tokens per call for group \"all\" (t)", LimitReached::message);
    }

    private static LimitReached by(Limit limit, long units) {
        return LimitReached.by(AppliedLimit.of("t", new Scope.Group("all"), limit), units);
    }

    @Test
    void aRejectionWithAnotherWaitIsExactAndDoesNotTellItsLimits() {
        Rejected nine = Rejected.temporary(REACHED, "n", 9);
        List<Rejected> others = List.of(
                Rejected.temporary(REACHED, "n", 5),
                Rejected.temporaryAtMost(REACHED, "n", 5, 2),
                Rejected.permanent(REACHED, "n"),
                Rejected.temporary(REACHED, "n", 5).withLimits(List.of()),
                Rejected.temporaryAtMost(REACHED, "n", 5, 2).withLimits(List.of()));
        for (Rejected other : others) {
            Rejected same = other.withRetryAfter(9);
            assertThat(same).isEqualTo(nine).hasSameHashCodeAs(nine).hasToString(nine.toString());
            assertThat(same.certainWait()).isEqualTo(same.retryAfter()).contains(Duration.ofNanos(9));
            assertThatThrownBy(same::limits).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> other.withRetryAfter(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("retryAfterNanos must be >= 1: retryAfterNanos=0");
        }
        assertThat(Rejected.temporaryAtMost(REACHED, "n", 5, 5)).isEqualTo(Rejected.temporary(REACHED, "n", 5));
        assertThat(Rejected.permanent(REACHED, "n").certainWait()).isEmpty();
    }

    @Test
    void rejectionsAreValues() {
        Rejected one = Rejected.temporary(REACHED, "n", 5);
        assertThat(one)
                .isEqualTo(Rejected.temporary(REACHED, "n", 5))
                .hasSameHashCodeAs(Rejected.temporary(REACHED, "n", 5))
                .isNotEqualTo(Rejected.temporary(REACHED, "n", 6))
                .isNotEqualTo(Rejected.temporary(REACHED, "", 5))
                .isNotEqualTo(Rejected.permanent(REACHED, "n"))
                .isNotEqualTo(Decision.admitted());
        assertThat(one).hasToString("Rejected: " + one.message() + ", retry after PT0.000000005S");
        assertThat(Rejected.permanent(REACHED, "")).asString().endsWith(", no wait is known to help");
    }

    @Test
    void aRejectionWithAnotherWaitSaysTheSame() {
        Rejected one = Rejected.temporaryAtMost(REACHED, "n", 5, 1).withLimits(List.of());

        assertThat(one.withRetryAfter(9)).isEqualTo(Rejected.temporary(REACHED, "n", 9));
        assertThat(Rejected.permanent(REACHED, "n").withRetryAfter(9).retryAfter())
                .contains(Duration.ofNanos(9));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.withRetryAfter(0))
                .withMessage("retryAfterNanos must be >= 1: retryAfterNanos=0");
    }

    @Test
    void aFullLimiterTellsItsCallersNoNumbers() {
        assertThat(new CapacityReached(100_000).message()).isEqualTo("Too many organizations call at the moment");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CapacityReached(0))
                .withMessage("organizations must be >= 1: organizations=0");
    }

    @Test
    void onlyAnAdmissionIsAdmitted() {
        assertThat(Decision.admitted().isAdmitted()).isTrue();
        assertThat(Rejected.permanent(REACHED, "").isAdmitted()).isFalse();
    }

    private static int statusOf(Limit limit) {
        AppliedLimit applied = AppliedLimit.of("t", new Scope.Group("all"), limit);
        return Rejected.permanent(new LimitReached(applied), "").suggestedStatus();
    }

    @Test
    void aStatusOfImpossibleNumbersIsRefused() {
        AppliedLimit limit = REACHED.applied();
        assertThat(LimitStatus.of(limit, 25, 0, Optional.of(Duration.ZERO)).remaining())
                .isZero();
        assertThatThrownBy(() -> LimitStatus.of(limit, -5, 0, Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("used must be >= 0: used=-5");
        assertThatThrownBy(() -> LimitStatus.of(limit, 5, -3, Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("granted must be >= 0: granted=-3");
        assertThatThrownBy(() -> LimitStatus.of(limit, 5, 0, Optional.of(Duration.ofSeconds(-1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("resetAfter must be >= 0: resetAfter=PT-1S");
    }

    @Test
    void aStatusOfNanosecondsIsThatOfTheirDurations() {
        AppliedLimit limit = REACHED.applied();
        long[] waits = {0, 1, 999_999_999, 1_000_000_000, 61_000_000_007L, Long.MAX_VALUE - 1, Long.MAX_VALUE};
        for (long next : waits) {
            for (long reset : waits) {
                LimitStatus status = LimitStatus.ofNanos(limit, 3, 0, next, reset);
                LimitStatus same = LimitStatus.of(limit, 3, 0, duration(next), duration(reset));
                assertThat(status).isEqualTo(same).hasSameHashCodeAs(same).hasToString(same.toString());
                assertThat(status.nextReleaseAfter()).isEqualTo(duration(next));
                assertThat(status.resetAfter()).isEqualTo(duration(reset));
                assertThat(LimitStatus.of(limit, 3, 0, duration(reset)).equals(same))
                        .isEqualTo(next == reset);
            }
        }
        assertThatThrownBy(() -> LimitStatus.ofNanos(limit, 5, 0, -1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("nextReleaseNanos must be >= 0: nextReleaseNanos=-1");
        assertThatThrownBy(() -> LimitStatus.ofNanos(limit, 5, 0, 0, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("resetNanos must be >= 0: resetNanos=-1");
    }

    private static Optional<Duration> duration(long nanos) {
        return nanos == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    @Test
    void aStatusTellsWaitsBeyondAllNanoseconds() {
        Optional<Duration> most = Optional.of(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999));
        LimitStatus status = LimitStatus.of(REACHED.applied(), 3, 0, Optional.of(Duration.ofDays(400_000)), most);
        assertThat(status.nextReleaseAfter()).contains(Duration.ofDays(400_000));
        assertThat(status.resetAfter()).isEqualTo(most);
    }

    @Test
    void aStatusTellsHowFarItsLimitIsOverrun() {
        assertThat(statusOf(5, 0).overrun()).isZero();
        assertThat(statusOf(5, 5).overrun()).isZero();
        assertThat(statusOf(5, 6).overrun()).isEqualTo(1);
        assertThat(statusOf(0, 1L << 61).overrun()).isEqualTo(1L << 61);
        assertThat(statusOf(5, 6).remaining()).isZero();
    }

    @Test
    void aStatusIsComparedWithTheMostThatCountsAtOnce() {
        AppliedLimit bucket = AppliedLimit.of(
                "t", new Scope.Group("all"), TokenBucket.perMinute(20).withCapacity(70));
        assertThat(LimitStatus.of(bucket, 25, 0, Optional.empty()).remaining()).isEqualTo(45);
        assertThat(LimitStatus.of(bucket, 75, 0, Optional.empty()).overrun()).isEqualTo(5);
    }

    @Test
    void whatIsGrantedMayBeUsedBeyondTheAmount() {
        AppliedLimit quota = AppliedLimit.of("t", new Scope.Group("all"), Quota.perMonth(20));
        LimitStatus status = LimitStatus.of(quota, 23, 5, Optional.empty());
        assertThat(status).returns(2L, LimitStatus::remaining).returns(0L, LimitStatus::overrun);
        LimitStatus overrun = LimitStatus.of(quota, 26, 5, Optional.empty());
        assertThat(overrun).returns(0L, LimitStatus::remaining).returns(1L, LimitStatus::overrun);
        assertThat(LimitStatus.of(quota, 0, 1L << 53, Optional.empty()).remaining())
                .isEqualTo((1L << 53) + 20);
        assertThatThrownBy(() -> LimitStatus.of(quota, 5, (1L << 53) + 1, Optional.empty()))
                .hasMessage("granted must be <= 2^53: granted=9007199254740993");
        assertThatThrownBy(() -> LimitStatus.of(REACHED.applied(), 5, 5, Optional.empty()))
                .hasMessage("granted must be 0 for a limit that is no quota: granted=5");
    }

    private static LimitStatus statusOf(long amount, long used) {
        AppliedLimit limit = AppliedLimit.of("t", new Scope.Group("all"), Quota.lifetime(Unit.CALLS, amount));
        return LimitStatus.of(limit, used, 0, Optional.empty());
    }
}
