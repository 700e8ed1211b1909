package dev.ratelimit.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What one benchmark took with one set of parameters.
 *
 * @param benchmark its class and method
 * @param limiter the value of its parameter {@code limiter}, or empty if it has none
 * @param setting its other parameters, with their values, and the number of threads if there are more than one
 * @param nanos nanoseconds of a call, on average
 * @param error half of the width of the interval that holds the true mean with a probability of 99.9 %; NaN if there
 *     was one measurement
 * @param bytes allocated by a call, on average; NaN if that was not measured
 * @param percentiles nanoseconds for each of {@link #PERCENTS}; empty if no distribution was measured
 */
record Score(
        String benchmark,
        Optional<String> limiter,
        Map<String, String> setting,
        double nanos,
        double error,
        double bytes,
        List<Double> percentiles) {

    static final List<Double> PERCENTS = List.of(50.0, 99.0, 99.9, 99.99);

    private static final String LIMITER = "limiter";
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    /** Takes what matters from a result of JMH, whose unit must be nanoseconds. */
    static Score of(RunResult run) {
        return of(run, run.getPrimaryResult().getScore());
    }

    /** Takes the median of the iterations for the time of a call, not their mean: some may have been disturbed. */
    static Score ofMedian(RunResult run) {
        return of(run, run.getPrimaryResult().getStatistics().getPercentile(50));
    }

    private static Score of(RunResult run, double nanos) {
        BenchmarkParams params = run.getParams();
        Result<?> result = run.getPrimaryResult();
        Answers.require(result.getScoreUnit().equals("ns/op"), "unit must be ns/op", result.getScoreUnit());
        Map<String, String> setting = new HashMap<>();
        params.getParamsKeys().forEach(key -> setting.put(key, params.getParam(key)));
        Optional<String> limiter = Optional.ofNullable(setting.remove(LIMITER));
        if (params.getThreads() > 1) {
            setting.put("threads", String.valueOf(params.getThreads()));
        }
        Result<?> allocated = run.getSecondaryResults().get(ALLOCATED);
        DoubleStream percents = PERCENTS.stream().mapToDouble(percent -> percent);
        return new Score(
                params.getBenchmark().replaceFirst(".*\\.(?=\\w+\\.\\w+$)", ""),
                limiter,
                setting,
                nanos,
                result.getScoreError(),
                allocated == null ? Double.NaN : allocated.getScore(),
                params.getMode() == Mode.SampleTime
                        ? percents.mapToObj(result.getStatistics()::getPercentile)
                                .toList()
                        : List.of());
    }

    /** Returns whether another score is of the same benchmark with the same parameters, but for the limiter. */
    boolean isBeside(Score other) {
        return benchmark.equals(other.benchmark) && setting.equals(other.setting);
    }

    /** Returns what tells this score from others of a run: its benchmark, limiter and setting. */
    String line() {
        return Stream.of(benchmark, limiter.orElse(""), settingInWords())
                .filter(word -> !word.isEmpty())
                .collect(Collectors.joining(" "));
    }

    String settingInWords() {
        return setting.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }
}
