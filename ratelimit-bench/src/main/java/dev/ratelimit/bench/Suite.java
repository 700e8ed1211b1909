package dev.ratelimit.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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

    private static final String EXACT = "ExactBenchmark.tryAcquire";

    /** Benchmarks of so much code that the JIT compiler needs some seconds for it. */
    private static final Pattern SLOW_TO_WARM = Pattern.compile("(Filter|Reporting|Tiers)Benchmark");

    private static final String MANY_THREADS = "\\.ManyThreadsBenchmark\\.";
    private static final int FIRST_WITH_VIRTUAL_THREADS = 21;

    private final Iterations ordinary;
    private final Iterations slowToWarm;
    private final Iterations ofWindows;

    private Suite(Iterations ordinary, Iterations slowToWarm, Iterations ofWindows) {
        this.ordinary = ordinary;
        this.slowToWarm = slowToWarm;
        this.ofWindows = ofWindows;
    }

    /** Returns a suite whose {@link #run} takes about a quarter of an hour on two processors. */
    static Suite ordinary() {
        Iterations all = new Iterations(5, 250, 5, 250);
        return new Suite(all, all, all);
    }

    /** Returns a suite for {@link #runFigures}, which then takes some two minutes and a half on two processors. */
    static Suite ofFigures() {
        return new Suite(
                new Iterations(4, 200, 5, 100), new Iterations(15, 200, 5, 100), new Iterations(3, 700, 3, 700));
    }

    /** Returns a suite that shows only that all runs: its times mean little. */
    static Suite brief() {
        Iterations all = new Iterations(1, 20, 1, 20);
        return new Suite(all, all, all);
    }

    /** How many iterations warm up and measure, and the milliseconds that each takes. */
    private record Iterations(int warmups, long warmup, int measurements, long measurement) {

        ChainedOptionsBuilder of(ChainedOptionsBuilder options) {
            return options.warmupIterations(warmups)
                    .warmupTime(TimeValue.milliseconds(warmup))
                    .measurementIterations(measurements)
                    .measurementTime(TimeValue.milliseconds(measurement));
        }
    }

    /**
     * Runs all of them.
     *
     * @return the results
     * @throws RunnerException if a benchmark fails
     */
    List<RunResult> run() throws RunnerException {
        List<RunResult> results = new ArrayList<>();
        results.addAll(
                run(timed().include(".*").exclude(KEYED).exclude(SELF_TIMED).exclude(MANY_THREADS)));
        results.addAll(run(timed().include(MANY_THREADS).param("kind", kindsOfThreads())));
        results.addAll(run(base().include(SELF_TIMED)));
        results.addAll(run(timed().include(KEYED).param("organizations", "1").param("spread", "uniform")));
        results.addAll(run(timed().include(KEYED).param("organizations", "1024")));
        results.addAll(
                run(timed().include(KEYED).param("organizations", "100000").param("limiter", LIMITERS_OF_MANY)));
        return results;
    }

    /**
     * Times every line that the {@linkplain Figure figures} are made of, once and in one fork each.
     *
     * @return the scores
     * @throws RunnerException if a benchmark fails
     */
    Map<Line, Score> runFigures() throws RunnerException {
        Map<Line, Score> scores = new LinkedHashMap<>();
        for (Line line : Figure.lines()) {
            scores.put(line, time(line));
        }
        return scores;
    }

    private Score time(Line line) throws RunnerException {
        ChainedOptionsBuilder options =
                iterations(line).of(base()).include("\\." + Pattern.quote(line.benchmark()) + "$");
        line.parameters().forEach((name, value) -> {
            if (name.equals(Line.THREADS)) {
                options.threads(Integer.parseInt(value));
            } else {
                options.param(name, value);
            }
        });
        List<RunResult> results = run(options);
        Answers.require(results.size() == 1, "the parameters must make one line", line.inWords());
        return Score.ofMedian(results.get(0));
    }

    private static List<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
        return List.copyOf(new Runner(options.build()).run());
    }

    private static String[] kindsOfThreads() {
        return Runtime.version().feature() < FIRST_WITH_VIRTUAL_THREADS
                ? new String[] {"platform"}
                : new String[] {"platform", "virtual"};
    }

    private Iterations iterations(Line line) {
        // Windows of a fifth of a second and more, of which an iteration must have some.
        if (line.benchmark().equals(EXACT) && "1024".equals(line.parameters().get("organizations"))) {
            return ofWindows;
        }
        return SLOW_TO_WARM.matcher(line.benchmark()).find() ? slowToWarm : ordinary;
    }

    private ChainedOptionsBuilder timed() {
        return ordinary.of(base());
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
