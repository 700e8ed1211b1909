package dev.ratelimit.bench;

import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/**
 * The hardware floor of a decision: the clock read and the compare-and-set that no limiter of this kind can do without.
 * Other times are read as multiples of {@link #both()}.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar FloorBenchmark
 * }</pre>
 */
@State(Scope.Thread)
public class FloorBenchmark extends TimedCalls {

    private final AtomicLong cell = new AtomicLong();

    /**
     * Reads the clock.
     *
     * @return the reading
     */
    @Benchmark
    public long nanoTime() {
        return System.nanoTime();
    }

    /**
     * Moves a long that nobody else moves.
     *
     * @return what it was
     */
    @Benchmark
    public long cas() {
        long value = cell.get();
        if (!cell.compareAndSet(value, value + 1)) {
            throw new IllegalStateException("nobody else must have moved it: value=" + value);
        }
        return value;
    }

    /**
     * Reads the clock, then moves a long that nobody else moves.
     *
     * @return the sum of both, so that neither is left out
     */
    @Benchmark
    public long both() {
        return System.nanoTime() + cas();
    }

    /** A long that all threads move. */
    @State(Scope.Benchmark)
    public static class Shared {

        private final AtomicLong cell = new AtomicLong();

        /** Makes sure that it was moved. */
        @TearDown
        public void check() {
            Answers.require(cell.get() > 0, "it must have been moved", cell);
        }
    }

    /**
     * Reads the clock, then moves a long that a second thread moves too, however often that has to be tried.
     *
     * @param shared the long
     * @return the sum of both
     */
    @Benchmark
    @Threads(2)
    public long bothContended(Shared shared) {
        long now = System.nanoTime();
        long value = shared.cell.get();
        while (!shared.cell.compareAndSet(value, value + 1)) {
            value = shared.cell.get();
        }
        return now + value;
    }
}
