package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.GoingLiveEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every cell of the documented tables, by calling the limiter up to the limit and one beyond. */
class EditionsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-01T00:00:00Z"), 0);
    private Tier tier = FaqEdition.trial();
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tiers(organization -> tier)
            .timeSource(time)
            .build();

    @ParameterizedTest
    @CsvSource({"generate, 60", "summarize, 500", "embed, 500", "classify, 500"})
    void limitedAccessPerMinute(String endpoint, int calls) {
        tier = LimitedAccessEdition.limited();
        assertRefusedAfter(calls, endpoint, "calls per minute", MINUTE);
        assertAdmitted(limiter.tryAcquire("acme", "tokenize"));
        time.advance(MINUTE);
        assertRefusedAfter(calls, endpoint, "calls per minute", MINUTE);
    }

    @ParameterizedTest
    @CsvSource({"generate, 50000, 60", "embed, 100000, 500", "classify, 100000, 500"})
    void limitedAccessPerDay(String endpoint, int calls, int perMinute) {
        tier = LimitedAccessEdition.limited();
        Instant start = time.instant();
        admitAMinuteAtATime(calls, perMinute, endpoint);
        time.advance(MINUTE);
        Rejected rejected = assertRefused(limiter.tryAcquire("acme", endpoint), "calls per day");
        Duration untilADayAfterTheFirst = Duration.between(time.instant(), start.plus(Duration.ofDays(1)));
        long grain = Duration.ofDays(1).toNanos() / 1_024;
        assertThat(rejected.retryAfter().orElseThrow())
                .isBetween(untilADayAfterTheFirst, untilADayAfterTheFirst.plusNanos(grain));
        assertAdmitted(limiter.tryAcquire("acme", "tokenize"));
    }

    @Test
    void limitedAccessCharactersAreSpentForEverAndFullAccessReinstates() {
        tier = LimitedAccessEdition.limited();
        assertAdmitted(limiter.tryAcquire("acme", "generate", Usage.of(Unit.CHARACTERS, 499_999)));
        assertAdmitted(limiter.tryAcquire("acme", "generate", Usage.of(Unit.CHARACTERS, 1)));
        time.advance(Duration.ofDays(10_000));
        Rejected rejected = assertRefused(limiter.tryAcquire("acme", "generate"), "characters in all");
        assertThat(rejected.retryAfter()).isEmpty();
        assertAdmitted(limiter.tryAcquire("acme", "embed", Usage.of(Unit.CHARACTERS, 600_000)));
        tier = LimitedAccessEdition.full(600, 5_000, 500_000, 1_000_000);
        assertAdmitted(limiter.tryAcquire("acme", "generate", Usage.of(Unit.CHARACTERS, 600_000)));
    }

    @ParameterizedTest
    @CsvSource({"generate, 7", "embed, 11"})
    void fullAccessHasTheNumbersThatTheHostStates(String endpoint, int calls) {
        tier = LimitedAccessEdition.full(7, 11, 8, 12);
        assertRefusedAfter(calls, endpoint, "calls per minute", MINUTE);
        time.advance(MINUTE);
        assertRefusedAfter(1, endpoint, "calls per day", Duration.ofDays(1).minus(MINUTE));
    }

    @ParameterizedTest
    @CsvSource({
        "generate, 5, summarize",
        "summarize, 5, cluster",
        "cluster, 5, embed",
        "embed, 5, generate",
        "rerank, 10, chat",
        "chat, 10, rerank",
        "coral, 100, classify",
        "classify, 100, tokenize"
    })
    void goingLiveTrialPerMinute(String endpoint, int calls, String another) {
        tier = GoingLiveEdition.trial();
        Rejected rejected = assertRefusedAfter(calls, endpoint, "calls per minute", MINUTE);
        assertThat(rejected.message())
                .startsWith("Trial keys are throttled. Please upgrade your API key or contact us directly on Discord.")
                .contains(calls + " calls per minute");
        assertAdmitted(limiter.tryAcquire("acme", another));
    }

    @ParameterizedTest
    @CsvSource({"generate, 3000, 5", "summarize, 3000, 5"})
    void goingLiveTrialPerMonthEach(String endpoint, int calls, int perMinute) {
        tier = GoingLiveEdition.trial();
        admitAMinuteAtATime(calls, perMinute, endpoint);
        assertSpentUntilTheMonthEnds(endpoint);
        assertAdmitted(limiter.tryAcquire("acme", endpoint.equals("generate") ? "summarize" : "generate"));
    }

    @Test
    void goingLiveTrialPerMonthChatAndCoralInTotal() {
        tier = GoingLiveEdition.trial();
        admitAMinuteAtATime(2_000, 10, "chat");
        admitAMinuteAtATime(3_000, 100, "coral");
        assertSpentUntilTheMonthEnds("chat", "coral");
    }

    @Test
    void goingLiveTrialPerMonthAllRemainingInTotal() {
        tier = GoingLiveEdition.trial();
        admitAMinuteAtATime(300, 5, "embed");
        admitAMinuteAtATime(100, 10, "rerank");
        admitAMinuteAtATime(600, 100, "classify");
        assertSpentUntilTheMonthEnds("embed", "cluster", "rerank", "classify", "tokenize");
        assertAdmitted(limiter.tryAcquire("acme", "chat"));
        assertAdmitted(limiter.tryAcquire("acme", "generate"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "generate", "classify"})
    void goingLiveProductionPerMinute(String endpoint) {
        tier = GoingLiveEdition.production();
        admitAMinuteAtATime(30_000, 10_000, endpoint);
        assertRefused(limiter.tryAcquire("acme", endpoint), "calls per minute");
        assertAdmitted(limiter.tryAcquire("acme", "another"));
    }

    @Test
    void trialKeysStayFreeBesideAProductionKey() {
        tier = GoingLiveEdition.trial();
        assertRefusedAfter(10, "chat", "calls per minute", MINUTE);
        tier = GoingLiveEdition.production();
        admitAMinuteAtATime(10_000, 10_000, "chat");
        tier = GoingLiveEdition.trial();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({"embed, 5", "chat, 20"})
    void faqTrialPerMinute(String endpoint, int calls) {
        tier = FaqEdition.trial();
        assertRefusedAfter(calls, endpoint, "calls per minute", MINUTE);
        assertAdmitted(limiter.tryAcquire("acme", endpoint.equals("embed") ? "chat" : "embed"));
    }

    @Test
    void faqTrialPerMonthAllOthersInTotalAndUnlimitedByTheMinute() {
        tier = FaqEdition.trial();
        admitAMinuteAtATime(600, 600, "rerank");
        admitAMinuteAtATime(400, 400, "classify");
        assertSpentUntilTheMonthEnds("rerank", "classify", "tokenize");
    }

    @ParameterizedTest
    @CsvSource({"embed, 5", "chat, 20"})
    void faqTrialHasNoMonthForEmbedAndChat(String endpoint, int perMinute) {
        tier = FaqEdition.trial();
        admitAMinuteAtATime(1_001, perMinute, endpoint);
        assertAdmitted(limiter.tryAcquire("acme", "rerank"));
    }

    @Test
    void faqTrialUnderTheStricterReadingHasOneMonthForAll() {
        tier = FaqEdition.trialWithOneMonthlyTotal();
        admitAMinuteAtATime(100, 5, "embed");
        admitAMinuteAtATime(500, 20, "chat");
        admitAMinuteAtATime(400, 400, "rerank");
        time.advance(MINUTE);
        assertSpentUntilTheMonthEnds("embed", "chat", "rerank");
        time.advance(Duration.ofDays(31));
        assertRefusedAfter(5, "embed", "calls per minute", MINUTE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "embed", "classify"})
    void faqProductionPerMinute(String endpoint) {
        tier = FaqEdition.production();
        assertRefusedAfter(1_000, endpoint, "calls per minute", MINUTE);
        admitAMinuteAtATime(5_000, 1_000, "without a month");
    }

    @Test
    void aMonthIsReadAsTheHostSays() {
        tier = FaqEdition.trial(n -> Quota.of(Unit.CALLS, n, QuotaPeriod.month(ZoneId.of("Asia/Tokyo"))));
        assertRefusedAfter(1_000, "rerank", "calls per month", Duration.ofHours(31 * 24 - 9));
        tier = GoingLiveEdition.trial(EditionsTest::rolling30Days);
        assertThat(tier.limitsFor("chat").get(1).limit()).isEqualTo(rolling30Days(5_000));
        tier = FaqEdition.trialWithOneMonthlyTotal(EditionsTest::rolling30Days);
        assertRefusedAfter(1_000, "rerank", "calls per month", Duration.ofDays(30));
    }

    private static Limit rolling30Days(long calls) {
        return RateLimit.of(Unit.CALLS, calls, Duration.ofDays(30));
    }

    private Rejected assertRefusedAfter(int calls, String endpoint, String table, Duration retryAfter) {
        for (int i = 0; i < calls; i++) {
            assertAdmitted(limiter.tryAcquire("acme", endpoint));
        }
        Rejected rejected = assertRefused(limiter.tryAcquire("acme", endpoint), table);
        assertThat(rejected.retryAfter()).contains(retryAfter);
        assertThat(rejected.suggestedStatus()).isEqualTo(429);
        return rejected;
    }

    /** Admits a number of calls. Each minute is filled before the next; the last minute is not left. */
    private void admitAMinuteAtATime(int calls, int perMinute, String endpoint) {
        for (int i = 0; i < calls; i++) {
            if (i > 0 && i % perMinute == 0) {
                // A minute, and the grain by which a window of more than 1,024 may be late.
                time.advance(MINUTE.plusMillis(60));
            }
            assertAdmitted(limiter.tryAcquire("acme", endpoint));
        }
    }

    private void assertSpentUntilTheMonthEnds(String... endpoints) {
        Duration untilFebruary = Duration.between(time.instant(), Instant.parse("2025-02-01T00:00:00Z"));
        for (String endpoint : endpoints) {
            Rejected rejected = assertRefused(limiter.tryAcquire("acme", endpoint), "calls per month");
            assertThat(rejected.retryAfter()).contains(untilFebruary);
        }
    }

    private static Rejected assertRefused(Decision decision, String table) {
        assertThat(decision).isInstanceOf(Rejected.class);
        Rejected rejected = (Rejected) decision;
        assertThat(((LimitReached) rejected.cause()).applied().table()).isEqualTo(table);
        return rejected;
    }

    private static void assertAdmitted(Decision decision) {
        assertThat(decision).isEqualTo(Decision.admitted());
    }
}
