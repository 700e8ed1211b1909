package dev.ratelimit.bench;

import java.util.Arrays;

/**
 * What some rounds gave for one figure.
 *
 * @param median the median of the rounds
 * @param least the least
 * @param most the most
 */
record Spread(double median, double least, double most) {

    /** Returns the spread of at least one value. */
    static Spread of(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double median = Arrays.stream(sorted, (sorted.length - 1) / 2, sorted.length / 2 + 1)
                .average()
                .orElseThrow();
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }
}
