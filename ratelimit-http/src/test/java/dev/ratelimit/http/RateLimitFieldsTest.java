package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.entry;

import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RateLimitFieldsTest {

    private static final Usage TOKENS_5 = Usage.of(Unit.TOKENS, 5);

    @Test
    void anAnswerTellsPolicyAndRemainingUnits() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
                .build();
        Given given = new Given(tier);
        given.call();
        given.time.advance(Duration.ofSeconds(48));

        Map<String, String> fields = given.fields(given.call(), Dialect.IETF);

        assertThat(fields)
                .containsExactly(
                        entry("RateLimit-Policy", "\"calls per minute/chat\";q=20;w=60"),
                        entry("RateLimit", "\"calls per minute/chat\";r=18;t=12"));
    }

    @Test
    void aRefusalByAWindowTellsWhenOneUnitFits() {
        Given given = Given.limits("2 calls per minute");
        given.call();
        given.time.advance(Duration.ofMillis(9_500));
        given.call();

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsExactly(
                        entry("Retry-After", "51"),
                        entry("retry-after-ms", "50500"),
                        entry("RateLimit-Policy", "\"table 0/chat\";q=2;w=60"),
                        entry("RateLimit", "\"table 0/chat\";r=0;t=51"));
    }

    @Test
    void aWindowOfWhichNothingIsUsedHasNoTime() {
        Given given = Given.limits("100 tokens per minute");

        assertThat(given.fields(given.call(), Dialect.IETF)).containsEntry("RateLimit", "\"table 0/chat\";r=100");
    }

    @Test
    void aWindowBelowASecondHasNoLengthAndALongerOneIsRoundedUp() {
        assertThat(policies("20 calls per 999 milliseconds")).isEqualTo("\"table 0/chat\";q=20");
        assertThat(policies("20 calls per 1500 milliseconds")).isEqualTo("\"table 0/chat\";q=20;w=2");
    }

    @Test
    void anOverrunWindowTellsWhenOneUnitFitsAndNoSoonerRelease() {
        Given given = Given.limits("10 tokens per minute");
        given.limiter.record("acme", "chat", Usage.of(Unit.TOKENS, 4));
        given.time.advance(Duration.ofSeconds(10));
        given.limiter.record("acme", "chat", Usage.of(Unit.TOKENS, 16));
        Usage one = Usage.of(Unit.TOKENS, 1);

        assertThat(given.fields(given.call(one), one, Dialect.IETF))
                .containsEntry("RateLimit", "\"table 0/chat\";r=0;t=60")
                .containsEntry("Retry-After", "60");
    }

    @Test
    void anOverrunWindowTellsNoMoreThanTheWaitOfARefusedCall() {
        Given given = Given.limits("10 calls per minute");
        given.limiter.record("acme", "chat", Usage.of(Unit.CALLS, 12));
        given.time.advance(Duration.ofSeconds(10));
        given.limiter.record("acme", "chat", Usage.of(Unit.CALLS, 4));

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("RateLimit", "\"table 0/chat\";r=0;t=50")
                .containsEntry("Retry-After", "50");
    }

    @Test
    void aQuotaOfFixedWindowsHasALength() {
        Given given = Given.limits("3500 calls per fixed 15 minutes");
        given.time.advance(Duration.ofMinutes(5));

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("RateLimit-Policy", "\"table 0/chat\";q=3500;w=900")
                .containsEntry("RateLimit", "\"table 0/chat\";r=3499;t=600");
    }

    @Test
    void aQuotaOfTheCalendarHasNoLengthAndTellsItsEnd() {
        Given given = Given.limits("10 calls per calendar month");

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("RateLimit-Policy", "\"table 0/chat\";q=10")
                .containsEntry("RateLimit", "\"table 0/chat\";r=9;t=2678400");
    }

    @Test
    void whatIsGrantedIsPartOfAQuota() {
        Given given = Given.limits("10 calls per calendar day");
        Decision decision = given.call();
        Decision granted = decision.withLimits(decision.limits().stream()
                .map(status -> LimitStatus.of(
                        status.applied(), status.used(), 5, status.nextReleaseAfter(), status.resetAfter()))
                .toList());

        assertThat(given.fields(granted, Dialect.IETF))
                .containsEntry("RateLimit-Policy", "\"table 0/chat\";q=15")
                .containsEntry("RateLimit", "\"table 0/chat\";r=14;t=86400");
    }

    @Test
    void aLifetimeHasNoTime() {
        Given given = Given.limits("10 calls in all");

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("RateLimit-Policy", "\"table 0/chat\";q=10")
                .containsEntry("RateLimit", "\"table 0/chat\";r=9");
    }

    @Test
    void aBucketTellsWhenOneMoreUnitIsBack() {
        Given given = Given.limits("1 calls per 10 seconds with burst 3");
        given.call();
        given.time.advance(Duration.ofSeconds(4));

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("RateLimit-Policy", "\"table 0/chat\";q=3;w=30")
                .containsEntry("RateLimit", "\"table 0/chat\";r=1;t=6");
    }

    @Test
    void aBucketBelowEmptyTellsWhenOneUnitIsInIt() {
        Given given = Given.limits("1 calls per 10 seconds with burst 3");
        given.limiter.record("acme", "chat", Usage.of(Unit.CALLS, 5));
        given.time.advance(Duration.ofSeconds(4));

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("Retry-After", "26")
                .containsEntry("RateLimit", "\"table 0/chat\";r=0;t=26");
        assertThat(given.fields(given.call(Usage.of(Unit.CALLS, 0)), Usage.of(Unit.CALLS, 0), Dialect.IETF))
                .containsEntry("Retry-After", "16")
                .containsEntry("RateLimit", "\"table 0/chat\";r=0"); // 26 s, which is later than the wait
    }

    @Test
    void callsInFlightHaveNoTimeAndARandomWait() {
        Given given = Given.limits("1 calls in flight for 10 minutes");
        given.call();
        Decision refused = given.call();
        RateLimitFields fields = RateLimitFields.of(Dialect.IETF);

        Set<String> waits = new TreeSet<>();
        for (int i = 0; i < 200; i++) {
            Map<String, String> written = Given.fields(fields, refused, Usage.call());
            waits.add(written.get("Retry-After"));
            assertThat(Long.parseLong(written.get("retry-after-ms"))).isBetween(1_000L, 2_000L);
            assertThat(written)
                    .containsEntry("RateLimit-Policy", "\"table 0/chat\";q=1;qu=\"concurrent-requests\"")
                    .containsEntry("RateLimit", "\"table 0/chat\";r=0");
        }
        assertThat(waits).containsExactly("1", "2");
        Map<String, String> longer =
                Given.fields(fields.withRetryInFlight(Duration.ofSeconds(30)), refused, Usage.call());
        assertThat(Long.parseLong(longer.get("Retry-After"))).isBetween(30L, 60L);
    }

    @Test
    void callsInFlightWaitAtLeastForTheCertainPart() {
        Given given = Given.limits("1 calls in flight for 10 minutes", "1 calls per minute");
        given.call();

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("Retry-After", "60")
                .containsEntry("retry-after-ms", "60000")
                .containsEntry("RateLimit", "\"table 0/chat\";r=0, \"table 1/chat\";r=0;t=60");
    }

    @Test
    void tokensInFlightAreNamedByTheirUnit() {
        assertThat(policies("9 tokens in flight for 1 minute")).isEqualTo("\"table 0/chat\";q=9;qu=\"tokens\"");
    }

    @Test
    void theLargestCallIsAPolicyAlone() {
        Given given = Given.limits("1000 points per call");

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsExactly(entry("RateLimit-Policy", "\"table 0/chat\";q=1000;qu=\"points\";ratelimit-per-call"));
    }

    @Test
    void whatRefusesNothingIsNotTold() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("shadow")
                        .each(RateLimit.perMinute(1), "chat")
                        .asShadow())
                .table(LimitTable.named("soft").each(Quota.perDay(1).withOverrun(Overrun.NEVER_REFUSES), "chat"))
                .build();
        Given given = new Given(tier);

        assertThat(given.fields(given.call(), Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC))
                .isEmpty();
    }

    @Test
    void anUnlimitedEndpointIsToldNothing() {
        Given given = Given.limits("1 calls per minute");

        assertThat(given.fields(given.limiter.tryAcquire("acme", "other"), Dialect.IETF, Dialect.OPENAI))
                .isEmpty();
    }

    @Test
    void whatRefusesIsToldFirstThenTheTightest() {
        Given given = Given.limits(
                "100 calls per minute",
                "4 calls per hour",
                "10 tokens per minute",
                "5 calls per day",
                "8 calls per 7 days");
        given.call(TOKENS_5);

        String states = given.fields(given.call(Usage.of(Unit.TOKENS, 6)), Usage.of(Unit.TOKENS, 6), Dialect.IETF)
                .get("RateLimit");

        assertThat(states)
                .isEqualTo(
                        "\"table 2/chat\";r=5;t=60, \"table 1/chat\";r=3, \"table 3/chat\";r=4, \"table 4/chat\";r=7");
    }

    @Test
    void ofLimitsAsTightTheOneThatResetsLaterIsToldFirst() {
        Given given = Given.limits("10 calls per minute", "10 calls in all", "10 calls per hour");

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry(
                        "RateLimit", "\"table 1/chat\";r=9, \"table 2/chat\";r=9;t=3600, \"table 0/chat\";r=9;t=60");
    }

    @Test
    void noTimeIsLaterThanRetryAfter() {
        Given given = Given.limits("1 calls per minute", "5 calls per calendar year");
        given.call();

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsEntry("Retry-After", "60")
                .containsEntry("RateLimit", "\"table 0/chat\";r=0;t=60, \"table 1/chat\";r=4");
    }

    /** Tomcat and Jetty take 8 KB of fields in an answer. */
    @Test
    void twentyLimitsWithHugeNamesStayWithinBounds() {
        Tier.Builder tier = Tier.named("tier");
        for (int i = 0; i < 20; i++) {
            Unit unit = new Unit("\u00e9".repeat(255) + (char) ('a' + i));
            tier.table(LimitTable.named(i + "\u00e9".repeat(1 << 20))
                    .together("\r\n".repeat(1 << 19) + i, RateLimit.perMinute(unit, 1L << 53), "chat"));
        }
        Given given = new Given(tier.build());

        Map<String, String> fields =
                given.fields(given.call(), Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC);

        assertThat(fields.get("RateLimit-Policy"))
                .hasSizeLessThanOrEqualTo(1_024)
                .matches("(\"\\d%[^\"]{0,62}\";q=999999999999999;w=60;qu=\"[^\"]{1,64}\"(, )?){4}");
        assertThat(fields.get("RateLimit")).matches("(\"\\d%[^\"]{0,62}\";r=999999999999999(, )?){4}");
        int bytes = fields.entrySet().stream()
                .mapToInt(field -> field.getKey().length() + field.getValue().length() + 4)
                .sum();
        assertThat(bytes).isLessThan(2_048);
    }

    @Test
    void whereNoWaitHelpsAClientIsToldNotToRetry() {
        Given given = Given.limits("1 calls in all", "10 calls per minute");
        given.call();

        assertThat(given.fields(given.call(), Dialect.IETF))
                .containsExactly(
                        entry("x-should-retry", "false"),
                        entry("RateLimit-Policy", "\"table 0/chat\";q=1, \"table 1/chat\";q=10;w=60"),
                        entry("RateLimit", "\"table 0/chat\";r=0, \"table 1/chat\";r=9;t=60"));
    }

    @Test
    void aRefusalThatNoLimitMadeIsToldWithoutLimits() {
        Given given = Given.limits("1 calls per minute");

        assertThat(given.fields(Rejected.permanent(new KeyUnknown(), ""), Dialect.IETF))
                .containsExactly(entry("x-should-retry", "false"));
        assertThat(given.fields(Rejected.permanent(new CapacityReached(9), ""), Dialect.IETF))
                .isEmpty();
        assertThat(given.fields(Rejected.temporary(new StoreUnavailable(), "", 1), Dialect.IETF))
                .containsExactly(entry("Retry-After", "1"), entry("retry-after-ms", "1"));
    }

    @Test
    void aDecisionThatDoesNotReportIsASlipOfTheHost() {
        assertThatIllegalStateException()
                .isThrownBy(() -> RateLimitFields.of(Dialect.IETF).write(Decision.admitted(), (name, value) -> {}))
                .withMessageContaining("reporting()");
    }

    @Test
    void unitsThatAreNotRegisteredCanBeLeftOut() {
        Given given =
                Given.limits("10 tokens per minute", "10 content-bytes per minute", "7 calls in flight for 1 minute");
        RateLimitFields fields = RateLimitFields.of(Dialect.IETF).withRegisteredUnitsOnly();

        assertThat(Given.fields(fields, given.call(), Usage.call()))
                .containsEntry(
                        "RateLimit-Policy",
                        "\"table 2/chat\";q=7;qu=\"concurrent-requests\","
                                + " \"table 1/chat\";q=10;w=60;qu=\"content-bytes\"");
    }

    @Test
    void theTightestLimitIsToldAsXRateLimit() {
        Given given = Given.limits("20 calls per minute", "3 calls per hour", "1 calls per call");
        Decision decision = given.call();

        assertThat(given.fields(decision, Dialect.X_RATELIMIT))
                .containsExactly(
                        entry("X-RateLimit-Limit", "3"),
                        entry("X-RateLimit-Remaining", "2"),
                        entry("X-RateLimit-Reset", "3600"));
        assertThat(given.fields(decision, Dialect.X_RATELIMIT_EPOCH))
                .containsEntry("X-RateLimit-Reset", "1735693200"); // 2025-01-01T01:00:00Z
    }

    @Test
    void aTimeOfDayIsRoundedUpToASecond() {
        Given given = Given.limits("20 calls per 1500 milliseconds");

        assertThat(given.fields(given.call(), Dialect.X_RATELIMIT_EPOCH, Dialect.ANTHROPIC))
                .containsEntry("X-RateLimit-Reset", "1735689602")
                .containsEntry("anthropic-ratelimit-requests-reset", "2025-01-01T00:00:02Z");
    }

    @Test
    void openAiIsToldCallsAndTokens() {
        Given given = Given.limits("20 calls per 6 minutes", "100 tokens per 8640 milliseconds", "5 images per day");

        assertThat(given.fields(given.call(TOKENS_5), TOKENS_5, Dialect.OPENAI))
                .containsExactly(
                        entry("x-ratelimit-limit-requests", "20"),
                        entry("x-ratelimit-remaining-requests", "19"),
                        entry("x-ratelimit-reset-requests", "6m0s"),
                        entry("x-ratelimit-limit-tokens", "100"),
                        entry("x-ratelimit-remaining-tokens", "95"),
                        entry("x-ratelimit-reset-tokens", "8.64s"));
    }

    @Test
    void anthropicIsToldCallsAndEachKindOfTokens() {
        Given given = Given.limits("20 calls per 90500 milliseconds", "100 input-tokens per minute", "7 calls in all");
        Usage usage = Usage.of(new Unit("input-tokens"), 30);

        assertThat(given.fields(given.call(usage), usage, Dialect.ANTHROPIC))
                .containsExactly(
                        entry("anthropic-ratelimit-requests-limit", "7"),
                        entry("anthropic-ratelimit-requests-remaining", "6"),
                        entry("anthropic-ratelimit-input-tokens-limit", "100"),
                        entry("anthropic-ratelimit-input-tokens-remaining", "70"),
                        entry("anthropic-ratelimit-input-tokens-reset", "2025-01-01T00:01:00Z"));
    }

    @Test
    void severalDialectsAreToldAtOnce() {
        Given given = Given.limits("20 calls per minute");

        assertThat(given.fields(
                        given.call(),
                        Dialect.IETF,
                        Dialect.X_RATELIMIT,
                        Dialect.OPENAI,
                        Dialect.ANTHROPIC,
                        Dialect.NONE))
                .containsKeys("RateLimit", "X-RateLimit-Reset", "x-ratelimit-reset-requests")
                .containsKey("anthropic-ratelimit-requests-reset")
                .hasSize(11);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitFields.of(Dialect.X_RATELIMIT, Dialect.X_RATELIMIT_EPOCH))
                .withMessage("dialects must have one form of X-RateLimit-Reset:"
                        + " dialects=[x-ratelimit, x-ratelimit-epoch]");
    }

    @Test
    void aDialectIsFoundByItsName() {
        assertThat(Dialect.of("ietf")).isEqualTo(Dialect.IETF);
        for (Dialect dialect : Dialect.values()) {
            assertThat(Dialect.of(dialect.toString())).isEqualTo(dialect);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dialect.of("github"))
                .withMessage("name must be one of ietf, ietf-draft-11, x-ratelimit, x-ratelimit-epoch, openai,"
                        + " anthropic, none: name=github");
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        RateLimitFields fields = RateLimitFields.of();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fields.withRetryInFlight(Duration.ZERO))
                .withMessage("least must be > 0 and at most an hour: least=PT0S");
        assertThatIllegalArgumentException().isThrownBy(() -> fields.withRetryInFlight(Duration.ofHours(2)));
    }

    @Test
    void timesAreCountedAsGoPrintsThem() {
        assertThat(VendorFields.counted(Duration.ZERO)).isEqualTo("0s");
        assertThat(VendorFields.counted(Duration.ofNanos(1))).isEqualTo("1ms");
        assertThat(VendorFields.counted(Duration.ofMillis(1_050))).isEqualTo("1.05s");
        assertThat(VendorFields.counted(Duration.ofHours(25).plusSeconds(1))).isEqualTo("25h0m1s");
    }

    private static String policies(String limit) {
        Given given = Given.limits(limit);
        Map<String, String> fields = new LinkedHashMap<>(given.fields(given.call(), Dialect.IETF));
        return fields.getOrDefault("RateLimit-Policy", "");
    }
}
