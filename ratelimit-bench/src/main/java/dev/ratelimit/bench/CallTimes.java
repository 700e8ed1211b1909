package dev.ratelimit.bench;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * The times of calls, of which a sample is kept: each call is in it with the same probability, however many there are.
 * For one thread.
 */
final class CallTimes {

    private static final int MOST = 100_000;

    private final SplittableRandom random;
    private final long[] kept = new long[MOST];
    private long count;

    CallTimes(SplittableRandom random) {
        this.random = random;
    }

    void add(long nanos) {
        long place = count < MOST ? count : random.nextLong(count + 1);
        if (place < MOST) {
            kept[(int) place] = nanos;
        }
        count++;
    }

    long count() {
        return count;
    }

    private LongStream sample() {
        return Arrays.stream(kept, 0, (int) Math.min(count, MOST));
    }

    /** Returns the nanoseconds in which 99 of 100 calls were answered, of threads that made about as many each. */
    static long p99(List<CallTimes> threads) {
        return perMille(threads)[990];
    }

    /** Returns the nanoseconds in which 0, 1, 2 and so on up to 999 of 1,000 calls of such threads were answered. */
    static long[] perMille(List<CallTimes> threads) {
        long[] sorted =
                threads.stream().flatMapToLong(CallTimes::sample).sorted().toArray();
        return LongStream.range(0, 1_000)
                .map(i -> sorted.length == 0 ? 0 : sorted[(int) (sorted.length * i / 1_000)])
                .toArray();
    }
}
