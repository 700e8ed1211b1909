package dev.ratelimit.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A cost is the exact one, rounded up once for each usage. */
class PriceListProperties {

    private static final List<Unit> UNITS =
            List.of(new Unit("a"), new Unit("b"), new Unit("c"), Unit.TOKENS, Unit.CALLS);

    /** A price of one of a unit, as a fraction; and the unit's number. */
    record Price(int unit, long numerator, long denominator) {}

    @Property
    void aCostOfMoneyIsTheSumInDecimalsRoundedUp(
            @ForAll("dollars") List<BigDecimal> dollars, @ForAll("usages") List<Usage> usages) {
        PriceList prices = PriceList.empty();
        for (int i = 0; i < UNITS.size(); i++) {
            prices = i % 2 == 0
                    ? prices.perMillion(UNITS.get(i), dollars.get(i))
                    : prices.perThousand(UNITS.get(i), dollars.get(i));
        }
        BigDecimal exact = BigDecimal.ZERO;
        long sum = 0;
        for (Usage usage : usages) {
            BigDecimal cost = BigDecimal.ZERO;
            for (int i = 0; i < UNITS.size(); i++) {
                BigDecimal nanos = dollars.get(i).movePointRight(9).movePointLeft(i % 2 == 0 ? 6 : 3);
                cost = cost.add(nanos.multiply(BigDecimal.valueOf(usage.amountOf(UNITS.get(i)))));
            }
            assertThat(prices.cost(usage))
                    .isEqualTo(cost.setScale(0, RoundingMode.CEILING).longValueExact());
            assertThat(prices.strict().cost(usage)).isEqualTo(prices.cost(usage));
            exact = exact.add(cost);
            sum += prices.cost(usage);
        }
        assertThat(BigDecimal.valueOf(sum).subtract(exact))
                .isBetween(BigDecimal.ZERO, BigDecimal.valueOf(usages.size()));
    }

    @Property
    void aCostByWeightsIsTheSumOfFractionsRoundedUp(
            @ForAll("weights") List<Price> weights, @ForAll("usages") List<Usage> usages) {
        PriceList list = PriceList.into(new Unit("weighted"));
        for (Price weight : weights) {
            list = list.weight(UNITS.get(weight.unit), weight.numerator, weight.denominator);
        }
        BigInteger common = weights.stream()
                .map(weight -> BigInteger.valueOf(weight.denominator))
                .reduce(BigInteger.ONE, BigInteger::multiply);
        for (Usage usage : usages) {
            BigInteger sum = BigInteger.ZERO;
            for (Price weight : weights) {
                sum = sum.add(BigInteger.valueOf(usage.amountOf(UNITS.get(weight.unit)))
                        .multiply(BigInteger.valueOf(weight.numerator))
                        .multiply(common.divide(BigInteger.valueOf(weight.denominator))));
            }
            BigInteger roundedUp = sum.add(common).subtract(BigInteger.ONE).divide(common);
            assertThat(list.cost(usage)).isEqualTo(roundedUp.longValueExact());
        }
    }

    @Property
    void theOrderOfPricesDoesNotMatter(@ForAll("weights") List<Price> weights) {
        PriceList forth = PriceList.into(Unit.CHARACTERS);
        PriceList back = PriceList.into(Unit.CHARACTERS);
        for (int i = 0; i < weights.size(); i++) {
            Price first = weights.get(i);
            Price last = weights.get(weights.size() - 1 - i);
            forth = forth.weight(UNITS.get(first.unit), first.numerator, first.denominator);
            back = back.weight(UNITS.get(last.unit), 3 * last.numerator, 3 * last.denominator);
        }
        assertThat(forth).isEqualTo(back).hasSameHashCodeAs(back).hasToString(back.toString());
    }

    @Provide
    Arbitrary<List<BigDecimal>> dollars() {
        return Arbitraries.bigDecimals()
                .between(BigDecimal.ZERO, BigDecimal.valueOf(100))
                .ofScale(15)
                .list()
                .ofSize(UNITS.size());
    }

    @Provide
    Arbitrary<List<Price>> weights() {
        Arbitrary<Long> numbers = Arbitraries.longs().between(1, 1_000_000);
        return Combinators.combine(
                        Arbitraries.longs().between(0, 1_000_000).list().ofSize(5),
                        numbers.list().ofSize(5))
                .as((over, under) -> {
                    List<Price> prices = new ArrayList<>();
                    for (int i = 0; i < UNITS.size(); i++) {
                        prices.add(new Price(i, over.get(i), under.get(i)));
                    }
                    return prices;
                });
    }

    @Provide
    Arbitrary<List<Usage>> usages() {
        Arbitrary<Long> amounts = Arbitraries.oneOf(
                Arbitraries.longs().between(0, 9), Arbitraries.longs().between(0, 1_000_000));
        Arbitrary<Usage> usage = amounts.list().ofMaxSize(UNITS.size()).map(list -> {
            Usage used = Usage.call();
            for (int i = 0; i < list.size(); i++) {
                used = used.and(UNITS.get(i), list.get(i));
            }
            return used;
        });
        return usage.list().ofMinSize(1).ofMaxSize(8);
    }
}
