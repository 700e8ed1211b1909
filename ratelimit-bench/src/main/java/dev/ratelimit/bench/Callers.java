package dev.ratelimit.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Organizations in the order in which they call, chosen beforehand, and again and again the same. An organization's
 * name is one String object, whose hash code is known after its first call. Not safe for use by many threads.
 */
final class Callers {

    private static final long SEED = 42;

    private final String[] order;
    private int turn;

    private Callers(List<String> organizations, double[] sums) {
        Random random = new Random(SEED);
        double sum = sums[sums.length - 1];
        order = new String[Integer.highestOneBit(8 * sums.length)];
        Arrays.setAll(order, i -> organizations.get(indexOf(sums, random.nextDouble() * sum)));
    }

    /** Returns names of organizations that differ. */
    static List<String> names(int number) {
        return IntStream.range(0, number).mapToObj(i -> "organization-" + i).toList();
    }

    /**
     * Returns callers by the name of their distribution, {@code uniform} or {@code zipf}: the n-th calls 1/n as often
     * as the first.
     */
    static Callers of(String spread, List<String> organizations) {
        double[] sums = new double[organizations.size()];
        switch (spread) {
            case "uniform" -> Arrays.setAll(sums, i -> 1);
            case "zipf" -> Arrays.setAll(sums, i -> 1.0 / (i + 1));
            default -> throw new IllegalArgumentException("spread must be uniform or zipf: spread=" + spread);
        }
        Arrays.parallelPrefix(sums, Double::sum);
        return new Callers(organizations, sums);
    }

    private static int indexOf(double[] sums, double point) {
        int found = Arrays.binarySearch(sums, point);
        return found < 0 ? -found - 1 : found + 1;
    }

    String next() {
        return order[turn++ & (order.length - 1)];
    }
}
