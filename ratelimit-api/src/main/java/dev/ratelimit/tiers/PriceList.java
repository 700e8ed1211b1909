package dev.ratelimit.tiers;

import static dev.ratelimit.kernel.Arguments.require;
import static dev.ratelimit.kernel.Arguments.requireAmount;
import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Prices of units, by which a {@link Usage} becomes money, or an amount of another unit.
 *
 * <p>The host states the prices, as a vendor prints them. Tokens of the input and of the output are priced differently,
 * so a host defines a unit for each:
 *
 * <pre>{@code
 * static final Unit INPUT = new Unit("input tokens");
 * static final Unit OUTPUT = new Unit("output tokens");
 *
 * static final PriceList PRICES = PriceList.empty()
 *     .perMillion(INPUT, new BigDecimal("2.50"))
 *     .perMillion(OUTPUT, new BigDecimal("10.00"));
 * }</pre>
 *
 * <p>One {@code reserve} and one {@code settle} then charge the limits on tokens and the limit on spending:
 *
 * <pre>{@code
 * Usage input = Usage.of(INPUT, promptTokens);
 * Reservation reservation = limiter.reserve("acme", "chat", PRICES.priced(input));
 * if (reservation.decision() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * try {
 *   Answer answer = model.answer(prompt);
 *   reservation.settle(PRICES.priced(input.and(OUTPUT, answer.tokens())));
 *   return answer;
 * } finally {
 *   reservation.cancel(); // changes nothing once it is settled
 * }
 * }</pre>
 *
 * <p>A list can price {@linkplain #into into another unit} than money, such as tokens that count by their weight:
 *
 * <pre>{@code
 * static final PriceList WEIGHTS = PriceList.into(new Unit("weighted tokens"))
 *     .weight(INPUT, 1, 1)
 *     .weight(CACHED, 1, 10)
 *     .weight(OUTPUT, 4, 1);
 * }</pre>
 *
 * <p>A cost is reckoned exactly, in rational numbers, and rounded once for each usage, up to the next whole unit: a
 * nano-dollar. The pieces of a stream, each rounded up, cost less than a nano-dollar a piece more than the whole; in
 * the end, settle the price of the whole.
 *
 * <p>A usage that states no number of calls is one call here too, and a price of {@link Unit#CALLS} counts it. Pieces
 * of a stream, whose call is paid, are priced by a list without that price.
 *
 * <p>A unit without a price costs nothing, because a usage counts more than what is sold: tokens in all, for a limit on
 * them, beside the input and output tokens that are priced. So usage in a unit whose price was forgotten is free. A
 * {@linkplain #strict() strict} list refuses such usage instead.
 *
 * <p>Instances are immutable values, safe for use by many threads: each method that adds a price returns a longer list.
 * Lists are equal when they have the same price for the same units, be it written as 2.5 or 2.50, per million or per
 * thousand, and are both strict or both not. Methods throw {@link NullPointerException} for a {@code null} argument.
 */
public final class PriceList {

    private static final BigInteger MOST = BigInteger.valueOf(Arguments.MAX_AMOUNT);

    /** A price of a thousand million decimals would be as small as it is slow. */
    private static final int DECIMALS = 30;

    private static final PriceList EMPTY = into(Unit.NANO_USD);

    // The price of a unit is its numerator by the common denominator, the least one: equal lists have equal fields.
    private final Unit into;
    private final SortedMap<Unit, BigInteger> numerators;
    private final BigInteger denominator;
    private final boolean strict;

    private PriceList(Unit into, SortedMap<Unit, BigInteger> numerators, BigInteger denominator, boolean strict) {
        this.into = into;
        this.numerators = numerators;
        this.denominator = denominator;
        this.strict = strict;
    }

    /**
     * Returns the list of money without prices, by which everything is free.
     *
     * @return the list
     */
    public static PriceList empty() {
        return EMPTY;
    }

    /**
     * Returns a list without prices, whose prices are amounts of a unit.
     *
     * @param unit what a usage is priced into; {@link Unit#NANO_USD} makes the {@linkplain #empty() list of money}
     * @return the list
     */
    public static PriceList into(Unit unit) {
        requireNonNull(unit, "unit");
        return new PriceList(unit, new TreeMap<>(comparing(Unit::name)), BigInteger.ONE, false);
    }

    /**
     * Adds a price, such as "$2.50 per 1M tokens".
     *
     * @param unit what is sold, not {@link Unit#NANO_USD}
     * @param dollars US dollars for a million of it: at least 0, at most 2<sup>53</sup> nano-dollars for one of it,
     *     with at most 30 decimals; made from a text, because a {@code double} is not exact
     * @return the longer list
     * @throws IllegalArgumentException if the unit has a price already or is money, if the price is out of its range,
     *     or if this list prices into another unit than {@link Unit#NANO_USD}
     */
    public PriceList perMillion(Unit unit, BigDecimal dollars) {
        return withDollars(unit, dollars, 3);
    }

    /**
     * Adds a price, such as "$2.00 per 1K searches".
     *
     * @param unit what is sold, not {@link Unit#NANO_USD}
     * @param dollars US dollars for a thousand of it: at least 0, at most 2<sup>53</sup> nano-dollars for one of it,
     *     with at most 30 decimals; made from a text, because a {@code double} is not exact
     * @return the longer list
     * @throws IllegalArgumentException if the unit has a price already or is money, if the price is out of its range,
     *     or if this list prices into another unit than {@link Unit#NANO_USD}
     */
    public PriceList perThousand(Unit unit, BigDecimal dollars) {
        return withDollars(unit, dollars, 6);
    }

    /** Adds a price in dollars; ten to the power of the shift turns it into nano-dollars for one. */
    private PriceList withDollars(Unit unit, BigDecimal dollars, int shift) {
        requireNonNull(dollars, "dollars");
        require(into.equals(Unit.NANO_USD), "into", Unit.NANO_USD + " for a price in dollars", into);
        BigDecimal most = new BigDecimal(MOST, shift);
        require(dollars.signum() >= 0, "dollars", ">= 0", dollars);
        require(dollars.compareTo(most) <= 0, "dollars", "<= " + most.toPlainString(), dollars);
        BigDecimal plain = dollars.stripTrailingZeros();
        require(plain.scale() <= DECIMALS, "dollars", "of at most " + DECIMALS + " decimals", dollars);
        BigDecimal nanos = plain.movePointRight(shift);
        return with(unit, nanos.unscaledValue(), BigInteger.TEN.pow(nanos.scale()));
    }

    /**
     * Adds the weight of a unit: what one of it costs, in the unit that this list prices into.
     *
     * @param unit what is weighed, not the unit that this list prices into
     * @param numerator the numerator of the weight, between 0 and 2<sup>53</sup>
     * @param denominator the denominator of the weight, between 1 and 2<sup>53</sup>
     * @return the longer list
     * @throws IllegalArgumentException if the unit has a price already or is that of this list, or a number is out of
     *     its range
     */
    public PriceList weight(Unit unit, long numerator, long denominator) {
        requireAmount(numerator, "numerator");
        require(denominator >= 1, "denominator", ">= 1", denominator);
        requireAmount(denominator, "denominator");
        return with(unit, BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
    }

    private PriceList with(Unit unit, BigInteger over, BigInteger under) {
        requireNonNull(unit, "unit");
        require(!unit.equals(into), "unit", "other than " + into, unit);
        require(!numerators.containsKey(unit), "unit", "priced once", unit);
        BigInteger reduced = under.divide(over.gcd(under));
        BigInteger common = denominator.divide(denominator.gcd(reduced)).multiply(reduced);
        SortedMap<Unit, BigInteger> longer = new TreeMap<>(numerators);
        longer.replaceAll((priced, numerator) -> numerator.multiply(common.divide(denominator)));
        longer.put(unit, over.multiply(common).divide(under));
        return new PriceList(into, longer, common, strict);
    }

    /**
     * Returns a list of the same prices that refuses a usage which states a unit without a price. A unit that is meant
     * to be free has the price 0. The call that a usage implies, and money that it states already, are not refused.
     *
     * @return the strict list
     */
    public PriceList strict() {
        return new PriceList(into, numerators, denominator, true);
    }

    /**
     * Returns what a usage costs by these prices. What the usage states itself of the unit that this list prices into
     * is not part of it.
     *
     * @param usage what is used
     * @return the cost in whole units, nano-dollars unless this list prices {@linkplain #into into} another unit;
     *     rounded up, between 0 and 2<sup>53</sup>, for money $9,007,199.25
     * @throws IllegalArgumentException if the cost is above 2<sup>53</sup>, or if this list is {@linkplain #strict()
     *     strict} and the usage states a unit without a price
     */
    public long cost(Usage usage) {
        requireNonNull(usage, "usage");
        if (strict) {
            requireAllPriced(usage);
        }
        BigInteger cost = BigInteger.ZERO;
        for (Map.Entry<Unit, BigInteger> price : numerators.entrySet()) {
            BigInteger amount = BigInteger.valueOf(usage.amountOf(price.getKey()));
            cost = cost.add(price.getValue().multiply(amount));
        }
        BigInteger roundedUp = cost.add(denominator).subtract(BigInteger.ONE).divide(denominator);
        require(roundedUp.compareTo(MOST) <= 0, "cost", "<= 2^53 " + into, roundedUp);
        return roundedUp.longValueExact();
    }

    private void requireAllPriced(Usage usage) {
        for (Unit unit : usage.units()) {
            require(numerators.containsKey(unit) || unit.equals(into), "unit", "one that has a price", unit);
        }
    }

    /**
     * Returns a usage and its cost, so that one call charges the limits on tokens and the limit on spending. Money that
     * the usage states already adds up.
     *
     * @param usage what is used
     * @return the usage, stating its cost as well, be it 0, in {@link Unit#NANO_USD} or the unit that this list prices
     *     into
     * @throws IllegalArgumentException if the cost or the sum is above 2<sup>53</sup>, or if this list is {@linkplain
     *     #strict() strict} and the usage states a unit without a price
     */
    public Usage priced(Usage usage) {
        return usage.and(into, cost(usage));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PriceList that
                && into.equals(that.into)
                && strict == that.strict
                && denominator.equals(that.denominator)
                && numerators.equals(that.numerators);
    }

    @Override
    public int hashCode() {
        return 31 * into.hashCode() + numerators.hashCode();
    }

    /**
     * Returns the prices of one of each unit, for example {@code "[input tokens: 2500, output tokens: 10000] in
     * nano-usd"}.
     */
    @Override
    public String toString() {
        String prices = numerators.entrySet().stream()
                .map(price -> price.getKey() + ": " + inWords(price.getValue()))
                .collect(joining(", ", "[", "] in "));
        return Printable.text((strict ? "strict " : "") + prices + into);
    }

    private String inWords(BigInteger numerator) {
        BigInteger common = numerator.gcd(denominator);
        String over = numerator.divide(common).toString();
        return common.equals(denominator) ? over : over + "/" + denominator.divide(common);
    }
}
