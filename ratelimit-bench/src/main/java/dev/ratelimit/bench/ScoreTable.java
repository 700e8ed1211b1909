package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The scores of one run as Markdown: the times, and what they are to the floor and to this library's in the same place.
 */
final class ScoreTable {

    static final String FLOOR = "FloorBenchmark.both";
    static final String OURS = "ratelimit";

    private final List<Score> scores;

    ScoreTable(List<Score> scores) {
        this.scores = scores;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>(List.of(
                row("benchmark", "setting", "limiter", "ns", "±", "bytes", "to the floor", "this library to it"),
                "|---|---|---|--:|--:|--:|--:|--:|"));
        scores.forEach(score -> lines.add(row(
                score.benchmark(),
                score.settingInWords(),
                score.limiter().orElse(""),
                inDigits("%,.1f", score.nanos()),
                inDigits("%,.1f", score.error()),
                inDigits("%,.0f", score.bytes()),
                ratio(Optional.of(score), floor()),
                ratio(ours(score), Optional.of(score)))));
        List<Score> distributions =
                scores.stream().filter(score -> !score.percentiles().isEmpty()).toList();
        if (!distributions.isEmpty()) {
            lines.addAll(List.of("", row("ns of a call", "limiter", "p50", "p99", "p99.9", "p99.99")));
            lines.add("|---|---|--:|--:|--:|--:|");
        }
        distributions.forEach(score -> lines.add(row(Stream.concat(
                        Stream.of(score.benchmark(), score.limiter().orElse("")),
                        score.percentiles().stream().map(nanos -> inDigits("%,.0f", nanos)))
                .toArray(String[]::new))));
        return lines;
    }

    private Optional<Score> floor() {
        return scores.stream().filter(score -> score.benchmark().equals(FLOOR)).findAny();
    }

    private Optional<Score> ours(Score score) {
        return score.limiter().isEmpty()
                ? Optional.empty()
                : scores.stream()
                        .filter(other -> other.isBeside(score))
                        .filter(other -> other.limiter().equals(Optional.of(OURS)))
                        .findAny();
    }

    private static String ratio(Optional<Score> of, Optional<Score> to) {
        return of.flatMap(one -> to.map(other -> inDigits("%,.2f", one.nanos() / other.nanos())))
                .orElse("");
    }

    private static String inDigits(String format, double number) {
        return Double.isNaN(number) ? "" : String.format(Locale.ROOT, format, number);
    }

    private static String row(String... cells) {
        return "| " + String.join(" | ", Arrays.asList(cells)) + " |";
    }
}
