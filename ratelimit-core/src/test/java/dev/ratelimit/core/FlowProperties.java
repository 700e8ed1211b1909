package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Rates, beside numbers of any length. */
class FlowProperties {

    private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);

    @Property(tries = 3_000)
    void allAnswersAreExact(@ForAll Random random) {
        long amount = number(random, 53);
        long span = 1 + number(random, 60);
        long units = number(random, 62);
        long nanos = number(random, 63);
        Flow flow = new Flow(amount, span);
        BigInteger due = big(units).multiply(big(span));
        BigInteger done = big(amount).multiply(big(nanos));
        BigInteger[] flowed = done.divideAndRemainder(big(span));
        assertThat(flow.hasFlowed(units, nanos)).isEqualTo(due.compareTo(done) <= 0);
        assertThat(flow.flowed(nanos)).isEqualTo(flowed[0].min(MOST).longValue());
        assertThat(big(flow.part(nanos)).multiply(big(span))).isEqualTo(flowed[1].multiply(big(flow.span())));
        long until = flow.nanosUntilFlowed(units);
        if (until < CompiledLimit.NEVER) {
            assertThat(flow.hasFlowed(units, until)).isTrue();
            assertThat(until == 0 || !flow.hasFlowed(units, until - 1)).isTrue();
        } else {
            assertThat(flow.hasFlowed(units, CompiledLimit.NEVER - 1)).isFalse();
        }
    }

    private static long number(Random random, int bits) {
        long number = random.nextLong() >>> 1 >>> random.nextInt(63);
        return number & ((1L << bits) - 1);
    }

    private static BigInteger big(long number) {
        return BigInteger.valueOf(number);
    }

    /** Up to some units, and to some nanoseconds, the products have 63 bits: then they are reckoned in 64. */
    @Property(tries = 1_000)
    void answersAreExactWhereAProductGrowsBeyond63Bits(@ForAll Random random) {
        Flow flow = new Flow(1 + number(random, 53), 1 + number(random, 60));
        long units = around(Long.MAX_VALUE / flow.span(), random);
        long nanos = around(Long.MAX_VALUE / flow.amount(), random);
        BigInteger due = big(units).multiply(big(flow.span()));
        BigInteger done = big(flow.amount()).multiply(big(nanos));
        assertThat(flow.hasFlowed(units, nanos)).isEqualTo(due.compareTo(done) <= 0);
    }

    private static long around(long number, Random random) {
        long nearby = number + random.nextInt(5) - 2;
        return nearby < 0 ? number : nearby; // beyond the greatest number, or below 0
    }

    @Example
    void equalRatesAreEqualHoweverTheyAreStated() {
        assertThat(new Flow(20, 1_000_000_000)).isEqualTo(new Flow(1_200, 60_000_000_000L));
        assertThat(new Flow(20, 1_000_000_000)).isNotEqualTo(new Flow(21, 1_000_000_000));
        assertThat(new Flow(0, 7)).isEqualTo(new Flow(0, 9)).isEqualTo(Flow.NONE);
    }

    @Example
    void nothingFlowsAtTheRateOfNothing() {
        assertThat(Flow.NONE.flowed(CompiledLimit.NEVER)).isZero();
        assertThat(Flow.NONE.nanosUntilFlowed(1)).isEqualTo(CompiledLimit.NEVER);
        assertThat(Flow.NONE.nanosUntilFlowed(0)).isZero();
    }
}
