package dev.ratelimit.core;

import static dev.ratelimit.Unit.CALLS;
import static dev.ratelimit.Unit.CHARACTERS;
import static dev.ratelimit.Unit.NANO_USD;
import static dev.ratelimit.Unit.TOKENS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitReached;
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
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import dev.ratelimit.tiers.PriceList;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The cells of the documented tables that count what is known only after a call: characters of the output, and money.
 */
class ReservingEditionsTest {

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-11T00:00:00Z"), 0);
    private Tier tier = FaqEdition.trial();
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tiers(organization -> tier)
            .timeSource(time)
            .build();

    @Nested
    class LimitedAccess {

        LimitedAccess() {
            tier = LimitedAccessEdition.limited();
        }

        @Test
        void theInputIsChargedWhenACallStartsAndTheOutputWhenItIsKnown() {
            String prompt = "Hello \ud83d\ude00";
            Reservation reservation = reserve("generate", Usage.characters(prompt));
            assertThat(used("generate", "characters in all")).isEqualTo(7);
            assertThat(reservation.settle(Usage.characters(prompt).andCharacters("Hi!")))
                    .isTrue();
            assertThat(used("generate", "characters in all")).isEqualTo(10);
            assertThat(used("generate", "calls per minute")).isEqualTo(1);
            assertThat(used("generate", "calls per day")).isEqualTo(1);
        }

        @Test
        void theCallThatOverrunsIsAdmittedAndThenGenerateIsSuspended() {
            call("generate", characters(10), characters(499_999));
            call("generate", characters(400), characters(1_000));
            assertThat(used("generate", "characters in all")).isEqualTo(500_999);
            assertThat(status("generate", "characters in all").overrun()).isEqualTo(999);
            assertSuspended(characters(1));
            assertSuspended(characters(0));
            assertSuspended(Usage.call());
            for (String other : new String[] {"embed", "embed", "summarize", "summarize"}) {
                call(other, characters(600_000), characters(700_000));
            }
        }

        @Test
        void outputThatReachesTheQuotaToTheCharacterSuspends() {
            Reservation last = reserve("generate", characters(250_000));
            call("generate", characters(1), characters(1));
            assertThat(last.settle(characters(499_999))).isTrue();
            assertSuspended(Usage.call());
        }

        @Test
        void aRefusedCallChargesNothingAndCannotBeSettled() {
            call("generate", characters(500_000), characters(500_000));
            Reservation refused = limiter.reserve("acme", "generate", characters(5));
            assertThat(refused.decision().isAdmitted()).isFalse();
            assertThat(refused.settle(characters(5))).isFalse();
            assertThat(used("generate", "characters in all")).isEqualTo(500_000);
            assertThat(used("generate", "calls per minute")).isEqualTo(1);
        }

        @Test
        void allUsersOfAnOrganizationAddUp() {
            reserve("generate", characters(200_000));
            assertThat(limiter.reserve(Caller.of("acme", tier), "generate", characters(200_000))
                            .decision()
                            .isAdmitted())
                    .isTrue();
            Reservation third = reserve("generate", characters(200_000));
            assertSuspended(characters(1));
            assertThat(limiter.reserve("another", "generate", characters(1))
                            .decision()
                            .isAdmitted())
                    .isTrue();
            assertThat(third.cancel()).isTrue();
            assertThat(used("generate", "characters in all")).isEqualTo(400_000);
            call("generate", characters(1), characters(1));
        }

        @Test
        void onlyTheChangeToFullAccessReinstates() {
            call("generate", characters(1_000), characters(600_000));
            assertSuspended(characters(1));
            time.advance(Duration.ofDays(10_000));
            assertSuspended(characters(1));
            tier = LimitedAccessEdition.full(7, 11, 8, 12);
            call("generate", characters(1), characters(900_000));
            Reservation openAtTheChange = reserve("generate", characters(1));
            tier = LimitedAccessEdition.limited();
            assertThat(openAtTheChange.settle(characters(900_000))).isTrue();
            assertSuspended(characters(1));
            assertThat(used("generate", "characters in all")).isEqualTo(600_000);
            assertThat(used("generate", "calls per day")).isEqualTo(2);
        }

        private void assertSuspended(Usage usage) {
            Rejected rejected = assertRefused("generate", usage, "characters in all");
            assertThat(rejected.retryAfter()).isEmpty();
            assertThat(rejected.suggestedStatus()).isEqualTo(429);
            assertThat(rejected.message())
                    .isEqualTo("Exceeded the limit of 500,000 characters in all for endpoint \"generate\" (characters "
                            + "in all)");
        }

        private static Usage characters(long n) {
            return Usage.of(CHARACTERS, n);
        }
    }

    @Nested
    class SpendingLimit {

        private static final Unit INPUT = new Unit("input tokens");
        private static final Unit OUTPUT = new Unit("output tokens");
        private static final Duration UNTIL_FEBRUARY = Duration.ofDays(21);

        SpendingLimit() {
            tier = FaqEdition.productionWithSpendingLimit(micros(1_000_000));
        }

        @Test
        void theCallThatOverrunsIsAdmittedAndThenAllEndpointsWaitUntilTheMonthEnds() {
            call("chat", Usage.call(), money(999_999));
            call("embed", Usage.call(), money(5_000_000));
            for (String endpoint : new String[] {"chat", "embed", "classify"}) {
                Rejected rejected = assertRefused(endpoint, Usage.call(), "spending limit");
                assertThat(rejected.suggestedStatus()).isEqualTo(402);
                assertThat(rejected.retryAfter()).contains(UNTIL_FEBRUARY);
                assertThat(rejected.message())
                        .isEqualTo("Exceeded the limit of $1.00 per calendar month for group \"all endpoints\" "
                                + "(spending limit)");
            }
            time.advance(UNTIL_FEBRUARY.minusNanos(1));
            assertThat(assertRefused("chat", Usage.call(), "spending limit").retryAfter())
                    .contains(Duration.ofNanos(1));
            time.advance(Duration.ofNanos(1));
            call("chat", Usage.call(), money(10));
            assertThat(used("embed", "spending limit")).isEqualTo(10_000);
        }

        @Test
        void theAmountReachedToTheNanoDollarIsSpent() {
            call("chat", money(2_000_000), Usage.of(NANO_USD, 999_999_999));
            call("chat", Usage.call(), Usage.of(NANO_USD, 1));
            assertRefused("chat", Usage.call(), "spending limit");
        }

        @Test
        void aChangedAmountKeepsWhatIsSpent() {
            call("chat", Usage.call(), money(1_500_000));
            assertRefused("chat", Usage.call(), "spending limit");
            tier = FaqEdition.productionWithSpendingLimit(micros(2_000_000));
            assertThat(status("chat", "spending limit").remaining()).isEqualTo(500_000_000);
            call("chat", Usage.call(), Usage.call());
            tier = FaqEdition.productionWithSpendingLimit(micros(1_500_000));
            assertRefused("chat", Usage.call(), "spending limit");
            tier = FaqEdition.production();
            call("chat", Usage.call(), money(1));
            tier = FaqEdition.productionWithSpendingLimit(micros(1_500_001));
            call("chat", Usage.call(), money(1));
            assertRefused("chat", Usage.call(), "spending limit");
        }

        @Test
        void aCustomerWhoSetsALimitKeepsTheCallsOfTheMinute() {
            tier = FaqEdition.production();
            Reservation before = reserve("chat", Usage.of(CALLS, 600));
            tier = FaqEdition.productionWithSpendingLimit(micros(1_000_000));
            assertThat(before.settle(money(3_000_000))).isTrue();
            assertThat(used("chat", "spending limit")).isZero();
            reserve("chat", Usage.of(CALLS, 400));
            Rejected rejected = assertRefused("chat", Usage.call(), "calls per minute");
            assertThat(rejected.suggestedStatus()).isEqualTo(429);
            assertThat(rejected.retryAfter()).contains(Duration.ofMinutes(1));
            reserve("embed", money(1_000_000));
            assertRefused("chat", Usage.call(), "spending limit");
        }

        @Test
        void aLimitOfNothingRefusesForGood() {
            tier = FaqEdition.productionWithSpendingLimit(micros(0));
            Rejected rejected = assertRefused("chat", Usage.call(), "spending limit");
            assertThat(rejected.retryAfter()).isEmpty();
            assertThat(rejected.suggestedStatus()).isEqualTo(402);
        }

        @Test
        void aLimitOfTheHostsOwnIsReadAsItStands() {
            Quota fromThe15th = Quota.of(NANO_USD, 100_000, QuotaPeriod.monthFrom(15, ZoneId.of("Asia/Tokyo")));
            tier = FaqEdition.productionWithSpendingLimit(fromThe15th.withOverrun(Overrun.UNTIL_REACHED));
            call("chat", Usage.call(), money(101));
            assertThat(assertRefused("chat", Usage.call(), "spending limit").retryAfter())
                    .contains(Duration.between(time.instant(), Instant.parse("2025-01-14T15:00:00Z")));
            time.advance(Duration.ofDays(4));
            tier = FaqEdition.productionWithSpendingLimit(fromThe15th);
            assertThat(assertRefused("chat", money(101), "spending limit").retryAfter())
                    .isEmpty();
            call("chat", money(100), money(40));
            assertRefused("chat", money(61), "spending limit");
            call("chat", money(60), money(60));
        }

        @Test
        void tokensArePricedAndChargeTheirOwnLimitsToo() {
            PriceList prices =
                    PriceList.empty().perMillion(INPUT, dollars("2.50")).perMillion(OUTPUT, dollars("10.00"));
            tier = FaqEdition.productionWithSpendingLimit(micros(10_000))
                    .withTable(LimitTable.named("tokens per minute")
                            .eachOtherEndpoint(RateLimit.of(TOKENS, 5_000, Duration.ofMinutes(1))));
            Usage prompt = Usage.of(INPUT, 812).and(TOKENS, 812);
            Reservation first = reserve("chat", prices.priced(prompt));
            assertThat(used("chat", "spending limit")).isEqualTo(2_030_000);
            assertThat(used("chat", "tokens per minute")).isEqualTo(812);
            assertThat(first.settle(prices.priced(prompt.and(OUTPUT, 150).and(TOKENS, 150))))
                    .isTrue();
            assertThat(used("chat", "spending limit")).isEqualTo(3_530_000);
            assertThat(used("chat", "tokens per minute")).isEqualTo(962);
            reserve("embed", prices.priced(Usage.of(INPUT, 2_587)));
            assertThat(status("chat", "spending limit").remaining()).isEqualTo(2_500);
            Reservation failing = reserve("chat", prices.priced(prompt));
            assertRefused("chat", prices.priced(Usage.of(INPUT, 1)), "spending limit");
            assertThat(failing.cancel()).isTrue();
            call("chat", prices.priced(Usage.of(INPUT, 1)), prices.priced(Usage.of(INPUT, 1)));
            assertRefused("chat", prices.priced(Usage.of(INPUT, 1)), "spending limit");
        }

        @Test
        void thePiecesOfAStreamAreRoundedUpUntilTheWholeIsSettled() {
            PriceList prices = PriceList.empty()
                    .perMillion(INPUT, dollars("2.50"))
                    .perMillion(OUTPUT, dollars("0.00075"))
                    .perThousand(CALLS, dollars("1"));
            Usage piece = Usage.of(CALLS, 0).and(OUTPUT, 1);
            Reservation reservation = reserve("chat", prices.priced(Usage.of(INPUT, 812)));
            for (int i = 0; i < 8; i++) {
                assertThat(reservation.add(prices.priced(piece)).isAdmitted()).isTrue();
            }
            assertThat(used("chat", "spending limit")).isEqualTo(1_000_000 + 2_030_000 + 8);
            assertThat(reservation.settle(prices.priced(Usage.of(INPUT, 812).and(OUTPUT, 8))))
                    .isTrue();
            assertThat(used("chat", "spending limit")).isEqualTo(1_000_000 + 2_030_000 + 6);
            assertThat(used("chat", "calls per minute")).isEqualTo(1);
        }

        @Test
        void trialKeysKnowNoMoney() {
            call("rerank", Usage.call(), money(1_000_000));
            assertRefused("rerank", Usage.call(), "spending limit");
            tier = FaqEdition.trial();
            reserve("rerank", Usage.of(CALLS, 999).and(NANO_USD, 7));
            call("rerank", Usage.call(), money(9_000_000));
            assertThat(limiter.status("acme", "rerank"))
                    .extracting(status -> status.applied().table())
                    .containsExactly("calls per month");
            assertThat(assertRefused("rerank", Usage.call(), "calls per month").suggestedStatus())
                    .isEqualTo(429);
            call("chat", Usage.call(), money(9_000_000));
            tier = FaqEdition.productionWithSpendingLimit(micros(1_000_000));
            assertThat(used("rerank", "spending limit")).isEqualTo(1_000_000_000);
            assertThat(used("rerank", "calls per minute")).isEqualTo(1);
            assertThat(used("chat", "calls per minute")).isZero();
        }

        private static Usage money(long microDollars) {
            return Usage.of(NANO_USD, microDollars * 1_000);
        }

        private static BigDecimal micros(long microDollars) {
            return BigDecimal.valueOf(microDollars, 6);
        }

        private static BigDecimal dollars(String text) {
            return new BigDecimal(text);
        }
    }

    private Reservation reserve(String endpoint, Usage estimate) {
        Reservation reservation = limiter.reserve("acme", endpoint, estimate);
        assertThat(reservation.decision().isAdmitted()).isTrue();
        return reservation;
    }

    private void call(String endpoint, Usage estimate, Usage actual) {
        assertThat(reserve(endpoint, estimate).settle(actual)).isTrue();
    }

    private Rejected assertRefused(String endpoint, Usage estimate, String table) {
        Reservation reservation = limiter.reserve("acme", endpoint, estimate);
        assertThat(reservation.decision()).isInstanceOf(Rejected.class);
        Rejected rejected = (Rejected) reservation.decision();
        assertThat(((LimitReached) rejected.cause()).applied().table()).isEqualTo(table);
        return rejected;
    }

    private long used(String endpoint, String table) {
        return status(endpoint, table).used();
    }

    private LimitStatus status(String endpoint, String table) {
        return limiter.status("acme", endpoint).stream()
                .filter(status -> status.applied().table().equals(table))
                .findFirst()
                .orElseThrow();
    }
}
