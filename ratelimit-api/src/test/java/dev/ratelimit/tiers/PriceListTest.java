package dev.ratelimit.tiers;

import static dev.ratelimit.Unit.CALLS;
import static dev.ratelimit.Unit.MICRO_USD;
import static dev.ratelimit.Unit.TOKENS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.math.BigDecimal;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PriceListTest {

    private static final Unit INPUT = new Unit("input tokens");
    private static final Unit OUTPUT = new Unit("output tokens");
    private static final Unit SEARCHES = new Unit("searches");
    private static final long MOST = 1L << 53;

    @Test
    void pricesReadLikeTheVendorsPage() {
        PriceList prices = PriceList.empty()
                .perMillion(INPUT, dollars("2.50"))
                .perMillion(OUTPUT, dollars("10.00"))
                .perThousand(SEARCHES, dollars("2.00"));
        assertThat(prices.microDollars(Usage.of(INPUT, 1_000_000))).isEqualTo(2_500_000);
        assertThat(prices.microDollars(Usage.of(OUTPUT, 7))).isEqualTo(70);
        assertThat(prices.microDollars(Usage.of(SEARCHES, 3))).isEqualTo(6_000);
        assertThat(prices.microDollars(Usage.of(INPUT, 812).and(OUTPUT, 150).and(SEARCHES, 1)))
                .isEqualTo(2_030 + 1_500 + 2_000);
    }

    @Test
    void aCostIsRoundedUpToTheNextWholeMicroDollar() {
        PriceList dear = PriceList.empty().perMillion(INPUT, dollars("2.50"));
        assertThat(dear.microDollars(Usage.of(INPUT, 0))).isZero();
        assertThat(dear.microDollars(Usage.of(INPUT, 1))).isEqualTo(3);
        assertThat(dear.microDollars(Usage.of(INPUT, 2))).isEqualTo(5);
        PriceList cheap = PriceList.empty().perMillion(INPUT, dollars("0.000001"));
        assertThat(cheap.microDollars(Usage.of(INPUT, 1))).isEqualTo(1);
        assertThat(cheap.microDollars(Usage.of(INPUT, 1_000_000))).isEqualTo(1);
        assertThat(cheap.microDollars(Usage.of(INPUT, 1_000_001))).isEqualTo(2);
    }

    @Test
    void aCostIsRoundedOncePerUsageAndNotPerUnit() {
        PriceList prices = PriceList.empty().perMillion(INPUT, dollars("0.25")).perMillion(OUTPUT, dollars("0.75"));
        assertThat(prices.microDollars(Usage.of(INPUT, 1).and(OUTPUT, 1))).isEqualTo(1);
        assertThat(prices.microDollars(Usage.of(INPUT, 1))).isEqualTo(1);
        assertThat(prices.microDollars(Usage.of(OUTPUT, 1))).isEqualTo(1);
    }

    @Test
    void aCostIsExactWhereADoubleIsNot() {
        PriceList tenths = PriceList.empty().perMillion(INPUT, dollars("0.1")).perMillion(OUTPUT, dollars("0.2"));
        assertThat(Math.ceil(2 * 0.1 + 14 * 0.2)).isEqualTo(4.0);
        assertThat(tenths.microDollars(Usage.of(INPUT, 2).and(OUTPUT, 14))).isEqualTo(3);
        PriceList nearOne = PriceList.empty().perMillion(INPUT, dollars("0.9999999999999999"));
        assertThat(nearOne.microDollars(Usage.of(INPUT, MOST))).isEqualTo(MOST);
        PriceList tiny = PriceList.empty().perMillion(INPUT, dollars("1")).perMillion(OUTPUT, dollars("1E-30"));
        assertThat(tiny.microDollars(Usage.of(INPUT, MOST - 1).and(OUTPUT, 1))).isEqualTo(MOST);
    }

    @Test
    void aUsageThatStatesNoCallsPaysForOne() {
        PriceList prices = PriceList.empty().perThousand(CALLS, dollars("0.5"));
        assertThat(prices.microDollars(Usage.call())).isEqualTo(500);
        assertThat(prices.microDollars(Usage.of(TOKENS, 10))).isEqualTo(500);
        assertThat(prices.microDollars(Usage.of(CALLS, 96))).isEqualTo(48_000);
        assertThat(prices.microDollars(Usage.of(CALLS, 0).and(TOKENS, 10))).isZero();
    }

    @Test
    void aUnitWithoutAPriceCostsNothing() {
        Usage usage = Usage.of(INPUT, 10).and(TOKENS, 1_000_000);
        assertThat(PriceList.empty().microDollars(usage)).isZero();
        assertThat(PriceList.empty().perMillion(INPUT, dollars("1")).microDollars(usage))
                .isEqualTo(10);
    }

    @Test
    void aPricedUsageStatesItsCostBesideWhatItStated() {
        PriceList prices = PriceList.empty().perMillion(INPUT, dollars("2.50"));
        Usage usage = Usage.of(INPUT, 3);
        assertThat(prices.priced(usage)).isEqualTo(Usage.of(INPUT, 3).and(MICRO_USD, 8));
        assertThat(usage).isEqualTo(Usage.of(INPUT, 3));
        assertThat(PriceList.empty().priced(usage).states(MICRO_USD)).isTrue();
        assertThat(prices.priced(usage.and(MICRO_USD, 100)).amountOf(MICRO_USD)).isEqualTo(108);
    }

    @Test
    void addingAPriceLeavesTheFirstListAsItWas() {
        PriceList first = PriceList.empty().perMillion(INPUT, dollars("1"));
        assertThat(first.perMillion(OUTPUT, dollars("1")).microDollars(Usage.of(OUTPUT, 5)))
                .isEqualTo(5);
        assertThat(first.microDollars(Usage.of(OUTPUT, 5))).isZero();
        assertThat(PriceList.empty()).hasToString("[]");
    }

    @Test
    void thePiecesOfAUsageCostAtLeastTheWholeAndTheWholeAtLeastEach() {
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            int[] millionths = random.ints(4, 0, 5_000_000).toArray();
            PriceList prices = PriceList.empty()
                    .perMillion(INPUT, BigDecimal.valueOf(millionths[0], 6))
                    .perMillion(OUTPUT, BigDecimal.valueOf(millionths[1], 6))
                    .perMillion(SEARCHES, BigDecimal.valueOf(millionths[2], 6))
                    .perThousand(CALLS, BigDecimal.valueOf(millionths[3], 9));
            int[] one = random.ints(4, 0, 3_000).toArray();
            int[] other = random.ints(4, 0, 3_000).toArray();
            long costOfOne = prices.microDollars(usage(one));
            long costOfOther = prices.microDollars(usage(other));
            long whole = prices.microDollars(usage(one).and(usage(other)));
            assertThat(costOfOne).isEqualTo(roundedUp(millionths, one));
            assertThat(costOfOne + costOfOther).isBetween(whole, whole + 1);
            assertThat(whole).isGreaterThanOrEqualTo(Math.max(costOfOne, costOfOther));
        }
    }

    /** The same by whole numbers: millionths of a micro-dollar. */
    private static long roundedUp(int[] millionths, int[] amounts) {
        long cost = 0;
        for (int i = 0; i < amounts.length; i++) {
            cost += (long) millionths[i] * amounts[i];
        }
        return (cost + 999_999) / 1_000_000;
    }

    private static Usage usage(int[] amounts) {
        return Usage.of(INPUT, amounts[0])
                .and(OUTPUT, amounts[1])
                .and(SEARCHES, amounts[2])
                .and(CALLS, amounts[3]);
    }

    @Test
    void listsAreEqualByThePriceOfAUnitHoweverItIsWritten() {
        PriceList one = PriceList.empty().perMillion(INPUT, dollars("2.50")).perThousand(SEARCHES, dollars("2"));
        PriceList same = PriceList.empty().perMillion(SEARCHES, dollars("2E+3")).perThousand(INPUT, dollars("0.0025"));
        assertThat(one)
                .isEqualTo(same)
                .hasSameHashCodeAs(same)
                .hasToString("[$2.5 per 1M input tokens, $2000 per 1M searches]");
        assertThat(same).hasToString(one.toString());
        assertThat(one)
                .isNotEqualTo(PriceList.empty().perMillion(INPUT, dollars("2.50")))
                .isNotEqualTo(
                        PriceList.empty().perMillion(INPUT, dollars("2.51")).perThousand(SEARCHES, dollars("2")));
    }

    @Test
    void aPriceIsStatedOnceAndIsNotNegativeAndNotOfMoneyItself() {
        PriceList prices = PriceList.empty().perMillion(INPUT, dollars("1"));
        assertRefused(() -> prices.perThousand(INPUT, dollars("2")), "unit must be priced once: unit=input tokens");
        assertRefused(
                () -> prices.perMillion(MICRO_USD, dollars("1")), "unit must be other than micro-usd: unit=micro-usd");
        assertRefused(() -> prices.perMillion(OUTPUT, dollars("-0.01")), "dollars must be >= 0: dollars=-0.01");
        assertRefused(
                () -> prices.perMillion(OUTPUT, dollars("9007199254740992.01")),
                "dollars must be <= 2^53: dollars=9007199254740992.01");
        assertRefused(
                () -> prices.perThousand(OUTPUT, dollars("1E+2147483647")),
                "dollars must be <= 2^53: dollars=1E+2147483647");
        assertRefused(
                () -> prices.perMillion(OUTPUT, dollars("1E-2000000000")),
                "dollars must be of at most 30 decimals: dollars=1E-2000000000");
        assertThat(prices.perMillion(OUTPUT, dollars("0." + "0".repeat(100))).microDollars(Usage.of(OUTPUT, 1)))
                .isZero();
        assertThat(prices.perMillion(OUTPUT, dollars("0.00")).microDollars(Usage.of(OUTPUT, MOST)))
                .isZero();
    }

    @Test
    void aCostIsAtMost2ToThe53() {
        PriceList prices = PriceList.empty().perMillion(INPUT, dollars("1")).perThousand(OUTPUT, dollars("0.0000001"));
        assertThat(prices.microDollars(Usage.of(INPUT, MOST))).isEqualTo(MOST);
        assertRefused(
                () -> prices.microDollars(Usage.of(INPUT, MOST).and(OUTPUT, 1)),
                "cost must be <= 2^53: cost=9007199254740993");
        PriceList dearest = PriceList.empty().perThousand(INPUT, BigDecimal.valueOf(MOST));
        assertThat(dearest.microDollars(Usage.call())).isZero();
        assertRefused(() -> dearest.microDollars(Usage.of(INPUT, 1)), "cost must be <= 2^53: cost=9007199254740992000");
        assertRefused(
                () -> prices.priced(Usage.of(INPUT, 1).and(MICRO_USD, MOST)),
                "amount must be <= 2^53: amount=9007199254740993");
    }

    private static BigDecimal dollars(String text) {
        return new BigDecimal(text);
    }

    private static void assertRefused(ThrowingCallable made, String message) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
