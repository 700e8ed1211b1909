package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What the decisions of a limiter tell that reports. */
abstract class ReportingScenarios extends Scenarios {

    private static final int THREADS = 4;

    ReportingScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private Decision asks(Usage usage) {
        return limiter.reporting().tryAcquire("acme", "chat", usage);
    }

    /** Says that a decision tells what the status tells. */
    private void tellsTheStatus(Decision decision) {
        assertThat(decision.limits()).isEqualTo(limiter.status("acme", "chat"));
    }

    @Test
    void aDecisionTellsWhereEveryLimitStandsAndIsDecidedAsAnyOther() {
        limits(RateLimit.perMinute(3), Quota.perMonth(Unit.TOKENS, 100), RateLimit.perHour(3));
        Decision first = asks(tokens(40));
        assertThat(first.isAdmitted()).isTrue();
        tellsTheStatus(first);
        assertThat(first.limits()).extracting(LimitStatus::remaining).containsExactly(2L, 60L, 2L);
        after(Duration.ofSeconds(10));
        tellsTheStatus(asks(tokens(0)));
        Decision rejected = asks(tokens(70));
        assertThat(rejected.isAdmitted()).isFalse();
        tellsTheStatus(rejected);
        used(2L, 40L, 2L);
        assertThat(rejected.withLimits(List.of()))
                .isEqualTo(limiter.tryAcquire("acme", "chat", tokens(70)).withLimits(List.of()));
        tellsTheStatus(asks(Usage.of(Unit.CALLS, 0)));
        tellsTheStatus(limiter.reporting().peek("acme", "chat", calls(1)));
        used(2L, 40L, 2L);
    }

    @Test
    void aPlainDecisionSaysWhatToAsk() {
        limits(RateLimit.perMinute(1));
        for (int i = 0; i < 2; i++) {
            Decision plain = limiter.tryAcquire("acme", "chat");
            assertThatIllegalStateException()
                    .isThrownBy(plain::limits)
                    .withMessageContaining("ask limiter.reporting()");
        }
    }

    @Test
    void theNextReleaseIsThatOfTheOldestUnitsThatWereNotGivenBack() {
        limits(RateLimit.perMinute(5));
        for (int i = 0; i < 4; i++) {
            admits(1);
            after(Duration.ofSeconds(10));
        }
        assertReleases(asks(Usage.call()), 0, 20, 60);
        after(Duration.ofSeconds(10));
        assertReleases(asks(Usage.call()), 0, 10, 50);
        after(Duration.ofSeconds(10));
        assertReleases(asks(calls(0)), 1, 10, 40);
    }

    @Test
    void unitsThatWereGivenBackAreNoRelease() {
        limits(RateLimit.perMinute(5)).reserves(calls(2));
        Reservation first = limiter.reserve("acme", "chat", calls(1));
        after(Duration.ofSeconds(10));
        admits(1);
        cancels();
        assertThat(first.settle(calls(0))).isTrue();
        assertReleases(asks(calls(0)), 4, 60, 60);
        after(Duration.ofSeconds(10));
        assertReleases(asks(Usage.call()), 3, 50, 60);
    }

    @Test
    void whatComesBackAtOnceOrNeverIsToldSo() {
        limits(Quota.perMonth(5), Quota.lifetime(Unit.CALLS, 5), RateLimit.perMinute(5));
        List<LimitStatus> unused = asks(calls(0)).limits();
        assertThat(unused)
                .allSatisfy(status -> assertThat(status.nextReleaseAfter())
                        .isEqualTo(status.resetAfter())
                        .contains(Duration.ZERO));
        List<LimitStatus> used = asks(calls(1)).limits();
        assertThat(used.get(0).nextReleaseAfter())
                .contains(Duration.ofDays(31))
                .isEqualTo(used.get(0).resetAfter());
        assertThat(used.get(1).nextReleaseAfter()).isEmpty();
        assertThat(used.get(1).resetAfter()).isEmpty();
        assertThat(used.get(2).nextReleaseAfter()).contains(Duration.ofMinutes(1));
    }

    private void assertReleases(Decision decision, long remaining, long nextSeconds, long resetSeconds) {
        tellsTheStatus(decision);
        LimitStatus status = decision.limits().get(0);
        assertThat(status.remaining()).isEqualTo(remaining);
        assertThat(status.nextReleaseAfter()).contains(Duration.ofSeconds(nextSeconds));
        assertThat(status.resetAfter()).contains(Duration.ofSeconds(resetSeconds));
    }

    @Test
    void aReservationTellsItAndSoDoWhatIsAskedForBesides() {
        limits(RateLimit.perMinute(5), RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1)));
        Reservation reservation = limiter.reporting().reserve("acme", "chat", tokens(60));
        tellsTheStatus(reservation.decision());
        Decision more = reservation.use(tokens(90));
        assertThat(more.isAdmitted()).isTrue();
        assertThat(more.limits()).extracting(LimitStatus::remaining).containsExactly(10L);
        assertThat(reservation.use(tokens(11)).limits())
                .extracting(LimitStatus::remaining)
                .containsExactly(10L);
        assertThat(reservation.cancel()).isTrue();
        assertThat(reservation.use(tokens(1)).limits()).isEmpty();
    }

    @Test
    void theViewsOfALimiterThatReportsReport() throws InterruptedException {
        limits(RateLimit.perMinute(9));
        RateLimiter reporting = limiter.reporting();
        tellsTheStatus(reporting.reporting().tryAcquire("acme", "chat"));
        tellsTheStatus(reporting.bind("acme", "chat").tryAcquire());
        tellsTheStatus(reporting.bind(limiter.caller("acme"), "chat").tryAcquire());
        tellsTheStatus(reporting.waiting(Duration.ofHours(1)).acquire("acme", "chat"));
        tellsTheStatus(reporting
                .async()
                .tryAcquire("acme", "chat")
                .toCompletableFuture()
                .join());
        tellsTheStatus(reporting
                .async()
                .peek("acme", "chat", calls(1))
                .toCompletableFuture()
                .join());
        assertThat(reporting.status("acme", "chat")).isEqualTo(limiter.status("acme", "chat"));
        assertThat(reporting.status("acme")).isEqualTo(limiter.status("acme"));
        used(5L);
    }

    @Test
    void shadowsAreTold() {
        under(Tier.named("trial")
                .table(LimitTable.named("calls").each(RateLimit.perMinute(5), "chat"))
                .table(LimitTable.named("tried")
                        .each(RateLimit.perMinute(1), "chat")
                        .asShadow())
                .build());
        tellsTheStatus(asks(calls(1)));
        Decision second = asks(calls(1));
        assertThat(second.limits()).extracting(LimitStatus::used).containsExactly(2L, 1L);
        tellsTheStatus(second);
    }

    @Test
    void whoFallsUnderNoLimitIsToldNone() {
        under(Tier.named("trial")
                .table(LimitTable.named("calls").each(RateLimit.perMinute(5), "chat"))
                .build());
        assertThat(limiter.reporting().tryAcquire("acme", "unlimited").limits()).isEmpty();
        Rejected refusal = Rejected.permanent(new KeyUnknown(), "");
        assertThat(limiter.reporting().tryAcquire(refusal, "chat").limits()).isEmpty();
        assertThat(limiter.reporting()
                        .reserve(refusal, "chat", calls(1))
                        .decision()
                        .limits())
                .isEmpty();
    }

    @Test
    void noTwoCallsAreToldTheSame() throws Exception {
        assumeFalse(contract.decidesAgain(), "a call may give back what it has charged, and be decided again");
        int each = 250;
        long all = (long) THREADS * each;
        limits(RateLimit.perHour(all), Quota.perMonth(all));
        RateLimiter reporting = limiter.reporting();
        Callable<List<Long>> caller = () -> {
            List<Long> remaining = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                List<LimitStatus> told = reporting.tryAcquire("acme", "chat").limits();
                remaining.add(told.get(0).remaining());
                remaining.add(-1 - told.get(1).remaining());
            }
            return remaining;
        };
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Long> told = new ArrayList<>();
            for (Future<List<Long>> one : pool.invokeAll(Collections.nCopies(THREADS, caller))) {
                told.addAll(one.get());
            }
            assertThat(told).hasSize(2 * THREADS * each).doesNotHaveDuplicates();
        } finally {
            pool.shutdownNow();
        }
    }
}
