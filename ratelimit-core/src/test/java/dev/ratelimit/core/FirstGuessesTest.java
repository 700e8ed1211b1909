package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a user would write first compiles, and does what it says. */
class FirstGuessesTest {

    private final ManualTime time = new ManualTime();

    private RateLimiter limiter(LimitTable... tables) {
        Tier.Builder tier = Tier.named("tier");
        for (LimitTable table : tables) {
            tier.table(table);
        }
        return InMemoryRateLimiter.builder().tier(tier.build()).timeSource(time).build();
    }

    private static boolean tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message).isNotEmpty();
        assertThat(retryAfter).isPresent();
        return false;
    }

    @Test
    void aReservationThatWaits() throws InterruptedException {
        RateLimiter limiter = limiter(
                LimitTable.named("tokens").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 100, Duration.ofSeconds(10))));
        Usage estimate = Usage.of(Unit.TOKENS, 60);
        assertThat(reserves(limiter, estimate)).isTrue();
        assertThat(time.nanoTime()).isZero();
        assertThat(reserves(limiter, estimate)).isTrue();
        assertThat(time.nanoTime()).isBetween(10_000_000_000L, 11_000_000_000L);
    }

    private static boolean reserves(RateLimiter limiter, Usage estimate) throws InterruptedException {
        // sample: dev/ratelimit/WaitingLimiter.java
        Reservation reservation = limiter.waiting(Duration.ofSeconds(30)).reserve("acme", "chat", estimate);
        if (reservation.decision() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        // end of sample
        return true;
    }

    private static LimitTable all(Limit limit) {
        return LimitTable.named("all").eachOtherEndpoint(limit);
    }

    private void admitsTokens(Limit limit, long... tokens) {
        RateLimiter limiter = limiter(all(limit));
        for (long each : tokens) {
            assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, each))
                            .isAdmitted())
                    .as("%d of %s", each, limit)
                    .isTrue();
        }
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1)).isAdmitted())
                .as("%s", limit)
                .isFalse();
    }

    @Test
    void unitsPerTimeAndPerCalendarPeriod() {
        admitsTokens(RateLimit.perSecond(Unit.TOKENS, 5), 5);
        admitsTokens(RateLimit.perMinute(Unit.TOKENS, 100_000), 60_000, 40_000);
        admitsTokens(RateLimit.perHour(Unit.TOKENS, 5), 5);
        admitsTokens(RateLimit.perDay(Unit.TOKENS, 5), 5);
        admitsTokens(Quota.perDay(Unit.TOKENS, 5), 5);
        admitsTokens(Quota.perWeek(Unit.TOKENS, 5), 5);
        admitsTokens(Quota.perMonth(Unit.TOKENS, 5), 5);
        admitsTokens(Quota.perYear(Unit.TOKENS, 5, ZoneId.of("Asia/Tokyo")), 5);
    }

    @Test
    void callsPerCalendarDay() {
        time.setWall(Instant.parse("2025-03-01T23:00:00Z"));
        RateLimiter limiter = limiter(all(Quota.perDay(2)));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        Rejected no = (Rejected) limiter.tryAcquire("acme", "chat");
        assertThat(no.retryAfter()).contains(Duration.ofHours(1));
        time.advance(Duration.ofHours(1));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(Quota.perWeek(1).period()).isEqualTo(QuotaPeriod.week(ZoneOffset.UTC));
        assertThat(Quota.perYear(1).period()).isEqualTo(QuotaPeriod.year(ZoneOffset.UTC));
    }

    @Test
    void theStatusOfWhoeverAKeyStandsFor() {
        Tier trial = Tier.named("trial").table(all(RateLimit.perMinute(20))).build();
        InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
                .trial(trial.withAccount("trial"))
                .production(trial)
                .build();
        keys.register(KeyDigest.of("secret"), "acme", KeyKind.TRIAL);
        RateLimiter limiter = InMemoryRateLimiter.builder().build();
        limiter.tryAcquire(keys.resolve("secret"), "chat");
        assertThat(limiter.status(keys.resolve("secret"), "chat"))
                .extracting(LimitStatus::remaining)
                .containsExactly(19L);
        assertThat(limiter.status(keys.resolve("secret"))).hasSize(1);
        assertThat(limiter.status(keys.resolve("made up"))).isEmpty();
    }

    @Test
    void theSameLimitWithAnotherAmount() {
        Limit limit = Limit.parse("100,000 tokens per 10 seconds, exact");
        assertThat(limit.withAmount(5)).hasToString("5 tokens per 10 seconds, exact");
        assertThat(limit.dividedBy(3).amount()).isEqualTo(33_333);
        assertThat(Quota.perDay(7).withAmount(8)).isEqualTo(Quota.perDay(8));
    }

    @Test
    void whatRemainsWithTheDecision() {
        RateLimiter limiter = limiter(all(RateLimit.perMinute(20)));
        Decision decision = limiter.reporting().tryAcquire("acme", "chat");
        assertThat(decision.limits().get(0).remaining()).isEqualTo(19);
    }

    @Test
    void oneCallerForSeveralQuestions() {
        RateLimiter limiter = limiter(all(RateLimit.perMinute(20)));
        Caller acme = limiter.caller("acme");
        assertThat(limiter.tryAcquire(acme, "chat").isAdmitted()).isTrue();
        assertThat(limiter.peek(acme, "chat", Usage.call()).isAdmitted()).isTrue();
        assertThat(limiter.bind(acme, "chat").status()).isEqualTo(limiter.status("acme", "chat"));
    }

    @Test
    void aCallThatWaitsAndOneThatWaitsWithoutAThread() throws Exception {
        RateLimiter limiter = limiter(all(RateLimit.perMinute(1)));
        assertThat(limiter.waiting(Duration.ofHours(1)).acquire("acme", "chat").isAdmitted())
                .isTrue();
        var later = limiter.waiting(Duration.ofHours(1)).acquireAsync("acme", "chat", Usage.call(), time.scheduler());
        assertThat(later).isNotDone();
        time.advance(Duration.ofMinutes(2));
        assertThat(later.get().isAdmitted()).isTrue();
        assertThat(limiter.async()
                        .tryAcquire("acme", "chat")
                        .toCompletableFuture()
                        .get()
                        .isAdmitted())
                .isFalse();
    }

    @Test
    void usageThatIsKnownOnlyAfterwards() {
        RateLimiter limiter = limiter(all(Quota.perMonth(Unit.TOKENS, 100)));
        assertThat(limiter.record("acme", "chat", Usage.of(Unit.TOKENS, 170)).isCharged())
                .isTrue();
        assertThat(limiter.status("acme", "chat").get(0).overrun()).isEqualTo(70);
    }

    @Test
    void aQuotaThatOnlyCounts() {
        Quota soft = Quota.perMonth(100).withOverrun(Overrun.NEVER_REFUSES);
        RateLimiter limiter = limiter(all(soft));
        for (int i = 0; i < 150; i++) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        }
        assertThat(limiter.status("acme", "chat").get(0).overrun()).isEqualTo(50);
        assertThat(Limit.parse(soft.toString())).isEqualTo(soft);
    }

    @Test
    void aStreamInPieces() {
        RateLimiter limiter = limiter(all(Quota.perMonth(Unit.TOKENS, 100)));
        Reservation answer = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 60));
        for (int piece = 0; piece < 4; piece++) {
            assertThat(answer.use(Usage.of(Unit.TOKENS, 10)).isAdmitted()).isTrue();
        }
        assertThat(answer.settle()).isTrue();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(40);
    }

    @Test
    void everyLimitOfATier() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("calls")
                        .each(RateLimit.perMinute(20), "chat")
                        .eachOtherEndpoint(RateLimit.perMinute(100)))
                .build();
        assertThat(tier.limits())
                .extracting(AppliedLimit::toString)
                .containsExactly(
                        "20 calls per minute for endpoint \"chat\" (calls)",
                        "100 calls per minute for each other endpoint (calls)");
    }
}
