package dev.ratelimit.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The benchmarks that a report is made of, one fork each, with fewer and shorter iterations than they ask for. */
final class Suite {

    private static final String KEYED = "\\.(Admit|Reject)Benchmark\\.";

    /**
     * What keeps the iterations that it asks for: some must be no longer than a cleaning, others no shorter than a few
     * windows.
     */
    private static final String SELF_TIMED = "\\.(Eviction|Exact)Benchmark\\.";

    /** All but Sentinel, which does not check that many resources. */
    private static final String[] LIMITERS_OF_MANY = {
        "ratelimit", "bucket4j", "resilience4j", "guava", "failsafe", "ratelimitj", "smallrye"
    };

    private final int iterations;
    private final TimeValue iteration;

    private Suite(int iterations, TimeValue iteration) {
        this.iterations = iterations;
        this.iteration = iteration;
    }

    /** Returns a suite that takes at most twelve minutes on two processors. */
    static Suite ordinary() {
        return new Suite(5, TimeValue.milliseconds(250));
    }

    /** Returns a suite that shows only that all runs: its times mean little. */
    static Suite brief() {
        return new Suite(2, TimeValue.milliseconds(20));
    }

    /**
     * Runs all of them.
     *
     * @return the results
     * @throws RunnerException if a benchmark fails
     */
    List<RunResult> run() throws RunnerException {
        List<RunResult> results = new ArrayList<>();
        results.addAll(run(timed().include(".*").exclude(KEYED).exclude(SELF_TIMED)));
        results.addAll(run(base().include(SELF_TIMED)));
        results.addAll(run(timed().include(KEYED).param("organizations", "1").param("spread", "uniform")));
        results.addAll(run(timed().include(KEYED).param("organizations", "1024")));
        results.addAll(
                run(timed().include(KEYED).param("organizations", "100000").param("limiter", LIMITERS_OF_MANY)));
        return results;
    }

    /**
     * Runs what the {@linkplain Figure figures} are made of.
     *
     * @return the results
     * @throws RunnerException if a benchmark fails
     */
    List<RunResult> runFigures() throws RunnerException {
        String[] limiters = {"ratelimit", "bucket4j"};
        List<RunResult> results = new ArrayList<>();
        results.addAll(
                run(timed().include("\\.(FloorBenchmark\\.both$|WindowBenchmark|CompositeBenchmark|ContendedBenchmark)")
                        .param("limiter", limiters)));
        results.addAll(run(timed().include("\\.ContendedBenchmark\\.")
                .param("limiter", "ratelimit")
                .param("keys", "different")
                .threads(1)));
        results.addAll(run(timed().include(KEYED)
                .param("limiter", "ratelimit", "ratelimit-bucket", "bucket4j")
                .param("organizations", "1024")
                .param("spread", "uniform")));
        results.addAll(run(base().include("\\.ExactBenchmark\\.")));
        return results;
    }

    private static List<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
        return List.copyOf(new Runner(options.build()).run());
    }

    private ChainedOptionsBuilder timed() {
        return base().warmupIterations(iterations)
                .warmupTime(iteration)
                .measurementIterations(iterations)
                .measurementTime(iteration);
    }

    private static ChainedOptionsBuilder base() {
        String logs =
                Path.of(System.getProperty("java.io.tmpdir"), "ratelimit-bench").toString();
        return new OptionsBuilder()
                .forks(1)
                .shouldFailOnError(true)
                .addProfiler(GCProfiler.class)
                .jvmArgsAppend("-Dcsp.sentinel.log.dir=" + logs, "-DJM.LOG.PATH=" + logs);
    }
}
