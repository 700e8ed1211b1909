package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A ratio of two times that this library is held to.
 *
 * @param call what is timed, in words
 * @param line the {@linkplain Score#line line} that it stands in
 * @param beside the line that it is divided by
 * @param reach what the ratio should be at most
 */
record Figure(String call, String line, String beside, double reach) {

    /** The ratios. Twice the calls in 1/0.9 of the time is 1.8 times the throughput. */
    static final List<Figure> ALL = List.of(
            new Figure("a window alone", "WindowBenchmark.admitted", ScoreTable.FLOOR, 1.10),
            besideBucket4j("admitted", "AdmitBenchmark.admitted %s organizations 1024, spread uniform", 0.75),
            besideBucket4j("rejected", "RejectBenchmark.rejected %s organizations 1024, spread uniform", 0.75),
            new Figure(
                    "a token bucket, admitted",
                    "AdmitBenchmark.admitted ratelimit-bucket organizations 1024, spread uniform",
                    "AdmitBenchmark.admitted bucket4j organizations 1024, spread uniform",
                    0.75),
            besideBucket4j("half admitted, 64 organizations", "ExactBenchmark.tryAcquire %s organizations 64", 0.9),
            besideBucket4j("half admitted", "ExactBenchmark.tryAcquire %s organizations 1024", 0.9),
            besideBucket4j("three limits", "CompositeBenchmark.admitted %s organizations 1024", 0.75),
            besideBucket4j("two threads, one key", "ContendedBenchmark.admitted %s keys one, threads 2", 1.0),
            new Figure(
                    "two threads, two keys",
                    "ContendedBenchmark.admitted ratelimit keys different, threads 2",
                    "ContendedBenchmark.admitted ratelimit keys different",
                    2 / 1.8));

    private static Figure besideBucket4j(String call, String line, double reach) {
        return new Figure(call, line.formatted(ScoreTable.OURS), line.formatted("bucket4j"), reach);
    }

    /**
     * Returns the ratios as Markdown: the median of some rounds, each a run of all lines, and the least and the most.
     */
    static List<String> table(List<List<Score>> rounds) {
        List<String> lines = new ArrayList<>(List.of(
                "| call | time of | divided by that of | at most | median | least to most | bytes |",
                "|---|---|---|--:|--:|--:|--:|"));
        ALL.forEach(figure -> lines.add(figure.row(rounds)));
        return lines;
    }

    private String row(List<List<Score>> rounds) {
        double[] ratios = rounds.stream()
                .mapToDouble(scores ->
                        find(line, scores).nanos() / find(beside, scores).nanos())
                .sorted()
                .toArray();
        double bytes = rounds.stream()
                .mapToDouble(scores -> find(line, scores).bytes())
                .max()
                .orElseThrow();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %.2f | %.2f | %.2f to %.2f | %.0f |",
                call,
                line,
                beside,
                reach,
                median(ratios),
                ratios[0],
                ratios[ratios.length - 1],
                bytes);
    }

    private static Score find(String line, List<Score> scores) {
        return scores.stream()
                .filter(score -> score.line().equals(line))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("the line must be among the scores: line=" + line));
    }

    private static double median(double[] sorted) {
        return Arrays.stream(sorted, (sorted.length - 1) / 2, sorted.length / 2 + 1)
                .average()
                .orElseThrow();
    }
}
