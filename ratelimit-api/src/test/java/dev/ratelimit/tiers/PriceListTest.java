package dev.ratelimit.tiers;

import static dev.ratelimit.Unit.CALLS;
import static dev.ratelimit.Unit.NANO_USD;
import static dev.ratelimit.Unit.TOKENS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.math.BigDecimal;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PriceListTest {

    private static final Unit INPUT = new Unit("input tokens");
    private static final Unit CACHED = new Unit("cached tokens");
    private static final Unit OUTPUT = new Unit("output tokens");
    private static final Unit SEARCHES = new Unit("searches");
    private static final Unit WEIGHTED = new Unit("weighted tokens");
    private static final long MOST = 1L << 53;

    private static final PriceList WEIGHTS =
            PriceList.into(WEIGHTED).weight(INPUT, 1, 1).weight(CACHED, 1, 10).weight(OUTPUT, 4, 1);

    @Test
    void pricesReadLikeTheVendorsPage() {
        PriceList prices = PriceList.empty()
                .perMillion(INPUT, dollars("2.50"))
                .perMillion(OUTPUT, dollars("10.00"))
                .perThousand(SEARCHES, dollars("2.00"));
        assertThat(prices.cost(Usage.of(INPUT, 1_000_000))).isEqualTo(2_500_000_000L);
        assertThat(prices.cost(Usage.of(OUTPUT, 7))).isEqualTo(70_000);
        assertThat(prices.cost(Usage.of(SEARCHES, 3))).isEqualTo(6_000_000);
        assertThat(prices.cost(Usage.of(INPUT, 812).and(OUTPUT, 150).and(SEARCHES, 1)))
                .isEqualTo(2_030_000 + 1_500_000 + 2_000_000);
    }

    /** By micro-dollars, each rounded up, they would cost ten times as much. */
    @Test
    void tenThousandSmallCallsCostATenthOfAMicroDollarEach() {
        PriceList prices = PriceList.empty().perMillion(TOKENS, dollars("0.02"));
        long sum = 0;
        for (int i = 0; i < 10_000; i++) {
            sum += prices.cost(Usage.of(TOKENS, 5));
        }
        assertThat(sum).isEqualTo(10_000 * 100);
        assertThat(prices.cost(Usage.of(TOKENS, 50_000))).isEqualTo(sum);
    }

    @Test
    void aCostIsRoundedUpToTheNextWholeNanoDollar() {
        PriceList dear = PriceList.empty().perMillion(INPUT, dollars("0.0025"));
        assertThat(dear.cost(Usage.of(INPUT, 0))).isZero();
        assertThat(dear.cost(Usage.of(INPUT, 1))).isEqualTo(3);
        assertThat(dear.cost(Usage.of(INPUT, 2))).isEqualTo(5);
        PriceList cheap = PriceList.empty().perMillion(INPUT, dollars("0.000000001"));
        assertThat(cheap.cost(Usage.of(INPUT, 1))).isEqualTo(1);
        assertThat(cheap.cost(Usage.of(INPUT, 1_000_000))).isEqualTo(1);
        assertThat(cheap.cost(Usage.of(INPUT, 1_000_001))).isEqualTo(2);
    }

    @Test
    void aCostIsRoundedOncePerUsageAndNotPerUnit() {
        PriceList prices =
                PriceList.empty().perMillion(INPUT, dollars("0.00025")).perMillion(OUTPUT, dollars("0.00075"));
        assertThat(prices.cost(Usage.of(INPUT, 1).and(OUTPUT, 1))).isEqualTo(1);
        assertThat(prices.cost(Usage.of(INPUT, 1))).isEqualTo(1);
        assertThat(prices.cost(Usage.of(OUTPUT, 1))).isEqualTo(1);
    }

    @Test
    void aCostIsExactWhereADoubleIsNot() {
        PriceList tenths =
                PriceList.empty().perMillion(INPUT, dollars("0.0001")).perMillion(OUTPUT, dollars("0.0002"));
        assertThat(Math.ceil(2 * 0.1 + 14 * 0.2)).isEqualTo(4.0);
        assertThat(tenths.cost(Usage.of(INPUT, 2).and(OUTPUT, 14))).isEqualTo(3);
        PriceList nearOne = PriceList.empty().perMillion(INPUT, dollars("0.0009999999999999999"));
        assertThat(nearOne.cost(Usage.of(INPUT, MOST))).isEqualTo(MOST);
        PriceList tiny = PriceList.empty().perMillion(INPUT, dollars("0.001")).perMillion(OUTPUT, dollars("1E-30"));
        assertThat(tiny.cost(Usage.of(INPUT, MOST - 1).and(OUTPUT, 1))).isEqualTo(MOST);
    }

    @Test
    void aUsageThatStatesNoCallsPaysForOne() {
        PriceList prices = PriceList.empty().perThousand(CALLS, dollars("0.5"));
        assertThat(prices.cost(Usage.call())).isEqualTo(500_000);
        assertThat(prices.cost(Usage.of(TOKENS, 10))).isEqualTo(500_000);
        assertThat(prices.cost(Usage.of(CALLS, 96))).isEqualTo(48_000_000);
        assertThat(prices.cost(Usage.of(CALLS, 0).and(TOKENS, 10))).isZero();
    }

    @Test
    void aUnitWithoutAPriceCostsNothing() {
        Usage usage = Usage.of(INPUT, 10).and(TOKENS, 1_000_000);
        assertThat(PriceList.empty().cost(usage)).isZero();
        assertThat(PriceList.empty().perMillion(INPUT, dollars("1")).cost(usage))
                .isEqualTo(10_000);
    }

    @Test
    void aStrictListRefusesAUnitWithoutAPrice() {
        PriceList strict =
                PriceList.empty().perMillion(INPUT, dollars("1")).strict().perMillion(OUTPUT, dollars("0"));
        assertThat(strict.cost(Usage.of(INPUT, 1).and(OUTPUT, 1))).isEqualTo(1_000);
        assertThat(strict.cost(Usage.of(INPUT, 1).and(NANO_USD, 5))).isEqualTo(1_000);
        assertThat(strict.priced(Usage.of(INPUT, 1).and(NANO_USD, 5)).amountOf(NANO_USD))
                .isEqualTo(1_005);
        String rule = "unit must be one that has a price: unit=";
        assertRefused(() -> strict.cost(Usage.of(TOKENS, 1)), rule + "tokens");
        assertRefused(() -> strict.cost(Usage.of(INPUT, 1).and(TOKENS, 0)), rule + "tokens");
        assertRefused(() -> strict.priced(Usage.of(CALLS, 96).and(INPUT, 1)), rule + "calls");
        assertThat(strict)
                .isNotEqualTo(PriceList.empty().perMillion(INPUT, dollars("1")).perMillion(OUTPUT, dollars("0")));
        assertThat(strict).hasToString("strict [input tokens: 1000, output tokens: 0] in nano-usd");
    }

    @Test
    void aListPricesIntoAnotherUnitByWeights() {
        assertThat(WEIGHTS.cost(Usage.of(INPUT, 100).and(CACHED, 1_000).and(OUTPUT, 25)))
                .isEqualTo(300);
        assertThat(WEIGHTS.cost(Usage.of(CACHED, 1))).isEqualTo(1);
        assertThat(WEIGHTS.cost(Usage.of(CACHED, 11))).isEqualTo(2);
        assertThat(WEIGHTS.priced(Usage.of(CACHED, 11)))
                .isEqualTo(Usage.of(CACHED, 11).and(WEIGHTED, 2));
        assertThat(WEIGHTS).hasToString("[cached tokens: 1/10, input tokens: 1, output tokens: 4] in weighted tokens");
        PriceList thirds = PriceList.into(WEIGHTED).weight(INPUT, 1, 3).weight(OUTPUT, 2, 3);
        assertThat(thirds.cost(Usage.of(INPUT, 1).and(OUTPUT, 1))).isEqualTo(1);
        assertThat(thirds.cost(Usage.of(INPUT, 1))).isEqualTo(1);
        assertThat(PriceList.into(NANO_USD).weight(INPUT, 5_000, 2))
                .isEqualTo(PriceList.empty().perMillion(INPUT, dollars("2.50")));
    }

    @Test
    void aPricedUsageStatesItsCostBesideWhatItStated() {
        PriceList prices = PriceList.empty().perMillion(INPUT, dollars("0.0025"));
        Usage usage = Usage.of(INPUT, 3);
        assertThat(prices.priced(usage)).isEqualTo(Usage.of(INPUT, 3).and(NANO_USD, 8));
        assertThat(usage).isEqualTo(Usage.of(INPUT, 3));
        assertThat(PriceList.empty().priced(usage).states(NANO_USD)).isTrue();
        assertThat(prices.priced(usage.and(NANO_USD, 100)).amountOf(NANO_USD)).isEqualTo(108);
    }

    @Test
    void addingAPriceLeavesTheFirstListAsItWas() {
        PriceList first = PriceList.empty().perMillion(INPUT, dollars("1"));
        assertThat(first.perMillion(OUTPUT, dollars("1")).cost(Usage.of(OUTPUT, 5)))
                .isEqualTo(5_000);
        assertThat(first.cost(Usage.of(OUTPUT, 5))).isZero();
        assertThat(first.strict()).isNotSameAs(first);
        assertThat(first.cost(Usage.of(OUTPUT, 5))).isZero();
        assertThat(PriceList.empty()).hasToString("[] in nano-usd");
    }

    @Test
    void listsAreEqualByThePriceOfAUnitHoweverItIsWritten() {
        PriceList one = PriceList.empty().perMillion(INPUT, dollars("2.50")).perThousand(SEARCHES, dollars("2"));
        PriceList same = PriceList.empty().perMillion(SEARCHES, dollars("2E+3")).perThousand(INPUT, dollars("0.0025"));
        assertThat(one)
                .isEqualTo(same)
                .hasSameHashCodeAs(same)
                .hasToString("[input tokens: 2500, searches: 2000000] in nano-usd");
        assertThat(same).hasToString(one.toString());
        assertThat(one)
                .isNotEqualTo(PriceList.empty().perMillion(INPUT, dollars("2.50")))
                .isNotEqualTo(PriceList.into(WEIGHTED).weight(INPUT, 2_500, 1).weight(SEARCHES, 2_000_000, 1))
                .isNotEqualTo(
                        PriceList.empty().perMillion(INPUT, dollars("2.51")).perThousand(SEARCHES, dollars("2")));
        assertThat(PriceList.into(WEIGHTED).weight(INPUT, 2, 6).weight(OUTPUT, 3, 4))
                .isEqualTo(PriceList.into(WEIGHTED).weight(OUTPUT, 6, 8).weight(INPUT, 1, 3));
    }

    @Test
    void aPriceIsStatedOnceAndIsNotNegativeAndNotOfMoneyItself() {
        PriceList prices = PriceList.empty().perMillion(INPUT, dollars("1"));
        assertRefused(() -> prices.perThousand(INPUT, dollars("2")), "unit must be priced once: unit=input tokens");
        assertRefused(
                () -> prices.perMillion(NANO_USD, dollars("1")), "unit must be other than nano-usd: unit=nano-usd");
        assertRefused(() -> prices.perMillion(OUTPUT, dollars("-0.01")), "dollars must be >= 0: dollars=-0.01");
        assertRefused(
                () -> prices.perMillion(OUTPUT, dollars("9007199254740.993")),
                "dollars must be <= 9007199254740.992: dollars=9007199254740.993");
        assertRefused(
                () -> prices.perThousand(OUTPUT, dollars("1E+2147483647")),
                "dollars must be <= 9007199254.740992: dollars=1E+2147483647");
        assertRefused(
                () -> prices.perMillion(OUTPUT, dollars("1E-2000000000")),
                "dollars must be of at most 30 decimals: dollars=1E-2000000000");
        assertThat(prices.perMillion(OUTPUT, dollars("0." + "0".repeat(100))).cost(Usage.of(OUTPUT, 1)))
                .isZero();
        assertThat(prices.perMillion(OUTPUT, dollars("0.00")).cost(Usage.of(OUTPUT, MOST)))
                .isZero();
    }

    @Test
    void aWeightIsOfWholeNumbersInRangeAndNotOfItsOwnUnit() {
        assertRefused(
                () -> WEIGHTS.weight(WEIGHTED, 1, 1), "unit must be other than weighted tokens: unit=weighted tokens");
        assertRefused(() -> WEIGHTS.weight(INPUT, 2, 1), "unit must be priced once: unit=input tokens");
        assertRefused(() -> WEIGHTS.weight(SEARCHES, -1, 1), "numerator must be >= 0: numerator=-1");
        assertRefused(
                () -> WEIGHTS.weight(SEARCHES, MOST + 1, 1), "numerator must be <= 2^53: numerator=9007199254740993");
        assertRefused(() -> WEIGHTS.weight(SEARCHES, 1, 0), "denominator must be >= 1: denominator=0");
        assertRefused(
                () -> WEIGHTS.weight(SEARCHES, 1, MOST + 1),
                "denominator must be <= 2^53: denominator=9007199254740993");
        assertRefused(
                () -> WEIGHTS.perMillion(SEARCHES, dollars("1")),
                "into must be nano-usd for a price in dollars: into=weighted tokens");
        assertThat(WEIGHTS.weight(SEARCHES, MOST, MOST).cost(Usage.of(SEARCHES, 7)))
                .isEqualTo(7);
    }

    @Test
    void aCostIsAtMost2ToThe53() {
        PriceList prices =
                PriceList.empty().perMillion(INPUT, dollars("0.001")).perThousand(OUTPUT, dollars("0.0000001"));
        assertThat(prices.cost(Usage.of(INPUT, MOST))).isEqualTo(MOST);
        assertRefused(
                () -> prices.cost(Usage.of(INPUT, MOST).and(OUTPUT, 1)),
                "cost must be <= 2^53 nano-usd: cost=9007199254740993");
        PriceList dearest = PriceList.empty().perThousand(INPUT, dollars("9007199254.740992"));
        assertThat(dearest.cost(Usage.call())).isZero();
        assertThat(dearest.cost(Usage.of(INPUT, 1))).isEqualTo(MOST);
        assertRefused(() -> dearest.cost(Usage.of(INPUT, 2)), "cost must be <= 2^53 nano-usd: cost=18014398509481984");
        assertRefused(
                () -> prices.priced(Usage.of(INPUT, 1).and(NANO_USD, MOST)),
                "amount must be <= 2^53: amount=9007199254740993");
    }

    private static BigDecimal dollars(String text) {
        return new BigDecimal(text);
    }

    private static void assertRefused(ThrowingCallable made, String message) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
