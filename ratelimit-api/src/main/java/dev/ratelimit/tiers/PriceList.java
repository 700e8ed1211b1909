package dev.ratelimit.tiers;

import static dev.ratelimit.tiers.Arguments.require;
import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Prices of units, by which a {@link Usage} becomes money.
 *
 * <p>The host states the prices, as a vendor prints them. Tokens of the input and of the output are priced differently, so a host
 * defines a unit for each:
 *
 * <pre>{@code
 * static final Unit INPUT = new Unit("input tokens");
 * static final Unit OUTPUT = new Unit("output tokens");
 *
 * static final PriceList PRICES = PriceList.empty()
 *     .perMillion(INPUT, new BigDecimal("2.50"))
 *     .perMillion(OUTPUT, new BigDecimal("10.00"));
 *
 * Reservation reservation = limiter.reserve("acme", "chat", PRICES.priced(Usage.of(INPUT, promptTokens)));
 * // when the answer is there, and its tokens are counted:
 * reservation.settle(PRICES.priced(Usage.of(INPUT, promptTokens).and(OUTPUT, answerTokens)));
 * }</pre>
 *
 * <p>A cost is reckoned exactly, in decimal arithmetic, and rounded once, up to the next whole micro-dollar. The pieces of a stream, each
 * of them rounded up, cost as much as the whole or less than a micro-dollar a piece more; in the end, settle the price of the whole.
 *
 * <p>A usage that states no number of calls is one call here too, and a price of {@link Unit#CALLS} counts it. Pieces of a stream, whose
 * call is paid, are priced by a list without that price.
 *
 * <p>A unit without a price costs nothing. That is no error, because a usage counts more than what is sold: the call that every usage
 * includes, or tokens in all, for a limit on them, beside the input and output tokens that are priced. It also means that usage
 * in a unit whose price was forgotten is free.
 *
 * <p>Instances are immutable values, safe for use by many threads: each method returns a list with one price more. Lists are equal when they
 * have the same price for the same units, be it written as 2.5 or 2.50, per million or per thousand. Methods throw
 * {@link NullPointerException} for a {@code null} argument.
 */
public final class PriceList {

    /** The largest price, in dollars, and the largest cost, in micro-dollars: the largest amount of a {@link Usage}. */
    private static final BigDecimal MOST = BigDecimal.valueOf(1L << 53);

    /** A price of a thousand million decimals would be as small as it is slow. */
    private static final int DECIMALS = 30;

    private static final PriceList EMPTY = new PriceList(new TreeMap<>(comparing(Unit::name)));

    /* Micro-dollars per unit, which is the same as dollars per million. Without trailing zeros: 2.50 and 2.5 are not equal. */
    private final SortedMap<Unit, BigDecimal> prices;

    private PriceList(SortedMap<Unit, BigDecimal> prices) {
        this.prices = prices;
    }

    /**
     * Returns the list without prices, by which everything is free.
     *
     * @return the list
     */
    public static PriceList empty() {
        return EMPTY;
    }

    /**
     * Adds a price, such as "$2.50 per 1M tokens".
     *
     * @param unit what is sold, not {@link Unit#MICRO_USD}
     * @param dollars US dollars for a million of it, between 0 and 2<sup>53</sup>, of at most 30 decimals; made from a text, because
     *     a {@code double} is not exact
     * @return the longer list
     * @throws IllegalArgumentException if the unit has a price already or is money, or the price is out of its range
     */
    public PriceList perMillion(Unit unit, BigDecimal dollars) {
        return with(unit, dollars, 0);
    }

    /**
     * Adds a price, such as "$2.00 per 1K searches".
     *
     * @param unit what is sold, not {@link Unit#MICRO_USD}
     * @param dollars US dollars for a thousand of it, between 0 and 2<sup>53</sup>, of at most 30 decimals; made from a text, because
     *     a {@code double} is not exact
     * @return the longer list
     * @throws IllegalArgumentException if the unit has a price already or is money, or the price is out of its range
     */
    public PriceList perThousand(Unit unit, BigDecimal dollars) {
        return with(unit, dollars, 3);
    }

    private PriceList with(Unit unit, BigDecimal dollars, int shift) {
        requireNonNull(unit, "unit");
        requireNonNull(dollars, "dollars");
        require(!unit.equals(Unit.MICRO_USD), "unit", "other than " + Unit.MICRO_USD, unit);
        require(!prices.containsKey(unit), "unit", "priced once", unit);
        require(dollars.signum() >= 0, "dollars", ">= 0", dollars);
        require(dollars.compareTo(MOST) <= 0, "dollars", "<= 2^53", dollars);
        require(
                dollars.stripTrailingZeros().scale() <= DECIMALS,
                "dollars",
                "of at most " + DECIMALS + " decimals",
                dollars);
        SortedMap<Unit, BigDecimal> longer = new TreeMap<>(prices);
        longer.put(unit, dollars.movePointRight(shift).stripTrailingZeros());
        return new PriceList(longer);
    }

    /**
     * Returns what a usage costs by these prices. Money that the usage states itself is not part of it.
     *
     * @param usage what is used
     * @return the cost in micro-dollars, rounded up to a whole one, between 0 and 2<sup>53</sup>
     * @throws IllegalArgumentException if the cost is above 2<sup>53</sup>
     */
    public long microDollars(Usage usage) {
        requireNonNull(usage, "usage");
        BigDecimal cost = BigDecimal.ZERO;
        for (Map.Entry<Unit, BigDecimal> price : prices.entrySet()) {
            BigDecimal amount = BigDecimal.valueOf(usage.amountOf(price.getKey()));
            cost = cost.add(price.getValue().multiply(amount));
        }
        BigDecimal rounded = cost.setScale(0, RoundingMode.CEILING);
        require(rounded.compareTo(MOST) <= 0, "cost", "<= 2^53", rounded);
        return rounded.longValueExact();
    }

    /**
     * Returns a usage and its cost in {@link Unit#MICRO_USD}, so that one call charges the limits on tokens and the limit on spending.
     * Money that the usage states already adds up.
     *
     * @param usage what is used
     * @return the usage, stating its cost as well, be it 0
     * @throws IllegalArgumentException if the cost or the sum is above 2<sup>53</sup>
     */
    public Usage priced(Usage usage) {
        return usage.and(Unit.MICRO_USD, microDollars(usage));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PriceList that && prices.equals(that.prices);
    }

    @Override
    public int hashCode() {
        return prices.hashCode();
    }

    /** Returns the prices per million, for example {@code "[$2.5 per 1M input tokens, $10 per 1M output tokens]"}. */
    @Override
    public String toString() {
        return prices.entrySet().stream()
                .map(price -> "$" + price.getValue().toPlainString() + " per 1M " + price.getKey())
                .collect(joining(", ", "[", "]"));
    }
}
