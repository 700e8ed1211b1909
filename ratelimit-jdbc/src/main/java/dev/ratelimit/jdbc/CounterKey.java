package dev.ratelimit.jdbc;

import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The primary key of a counter. Keys are ordered as the database orders them, so that all transactions lock counters in
 * one order. Immutable, as long as nobody changes the digest.
 */
final class CounterKey implements Comparable<CounterKey> {

    private final byte[] meter;
    private final Instant start;

    /**
     * Makes a key.
     *
     * @param meter the digest of the names and of the period
     * @param start the start of the period, as the tables have it
     */
    CounterKey(byte[] meter, Instant start) {
        this.meter = meter;
        this.start = start;
    }

    byte[] meter() {
        return meter;
    }

    Instant start() {
        return start;
    }

    @Override
    public int compareTo(CounterKey other) {
        int byMeter = Arrays.compareUnsigned(meter, other.meter);
        return byMeter != 0 ? byMeter : start.compareTo(other.start);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CounterKey that && compareTo(that) == 0;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(meter) ^ start.hashCode();
    }

    @Override
    public String toString() {
        return "CounterKey[meter=" + Arrays.toString(meter) + ", start=" + start + "]";
    }
}
