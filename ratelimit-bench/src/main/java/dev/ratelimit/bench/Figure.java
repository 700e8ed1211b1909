package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Counted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A ratio of two times that this library is held to, or that tells where the time of a call goes.
 *
 * @param call what is timed, in words
 * @param divisor what its time is divided by, in words
 * @param aim what the ratio should be at most; NaN if it only tells where the time goes
 * @param line whose time it is
 * @param others by whose time it is divided: by that of the fastest of them
 */
record Figure(String call, String divisor, double aim, Line line, List<Line> others) {

    private static final String LIMITER = "limiter";
    private static final String[] PEERS = {"bucket4j", "guava", "failsafe", "resilience4j"};

    /** The ratios, in the order of the table. */
    static final List<Figure> ALL = Stream.of(calls(), manyOfAKind(), kinds(), steps())
            .flatMap(List::stream)
            .toList();

    Figure {
        others = List.copyOf(others);
    }

    private static List<Figure> calls() {
        List<Figure> figures = new ArrayList<>();
        figures.add(beside(
                "a window alone, no names",
                "the floor: clock read and CAS",
                1.10,
                Line.of("WindowBenchmark.admitted"),
                Line.of(ScoreTable.FLOOR)));
        for (String organizations : List.of("1", "1024", "100000")) {
            figures.add(besideFastest("admitted, " + inWords(organizations), 0.95, admitted(organizations)));
        }
        for (String organizations : List.of("1", "1024", "100000")) {
            figures.add(besideFastest("rejected, " + inWords(organizations), 0.95, rejected(organizations)));
        }
        figures.add(besideBucket4j(
                "admitted, three limits", 0.85, Line.of("CompositeBenchmark.admitted", "organizations", "1024")));
        for (String organizations : List.of("64", "1024")) {
            figures.add(besideBucket4j(
                    "1,000 exact marks, half of the calls rejected, " + inWords(organizations),
                    1.0,
                    Line.of("ExactBenchmark.tryAcquire", "organizations", organizations)));
        }
        figures.add(besideFastest("two threads, one key", 0.95, Line.of("ContendedBenchmark.admitted", "keys", "one")));
        Line twoKeys = Line.of("ContendedBenchmark.admitted", "keys", "different");
        figures.add(besideFastest("two threads, a key for each", 0.95, twoKeys));
        // Twice the calls in 1/0.9 of the time is 1.8 times the throughput.
        figures.add(beside(
                "two threads, a key for each",
                "one thread alone",
                2 / 1.8,
                ours(twoKeys),
                ours(twoKeys).with(Line.THREADS, "1")));
        return figures;
    }

    private static List<Figure> manyOfAKind() {
        List<Figure> figures = new ArrayList<>();
        for (String organizations : List.of("1024", "100000")) {
            Line tiers = Line.of("TiersBenchmark.admitted", "organizations", organizations);
            figures.add(beside(
                    "under a tier of its own, " + inWords(organizations),
                    "under a shared tier",
                    1.15,
                    tiers.with("tiers", "own"),
                    tiers.with("tiers", "shared")));
        }
        Line endpoints = ours(Line.of("EndpointsBenchmark.admitted"));
        figures.add(beside(
                "one of 80,000 endpoints in turn",
                "one of 10 in turn",
                2,
                endpoints.with("endpoints", "80000"),
                endpoints.with("endpoints", "10")));
        figures.add(besideBucket4j(
                "one of 80,000 endpoints in turn", 0.95, Line.of("EndpointsBenchmark.admitted", "endpoints", "80000")));
        return figures;
    }

    private static List<Figure> kinds() {
        List<Figure> figures = new ArrayList<>();
        figures.add(beside(
                "admitted by a token bucket, 1,024 organizations",
                "Bucket4j's greedy refill",
                0.75,
                admitted("1024").with(LIMITER, "ratelimit-bucket"),
                admitted("1024").with(LIMITER, "bucket4j")));
        figures.add(beside(
                "a reporting decision, three limits",
                "a plain one",
                1.8,
                Line.of("ReportingBenchmark.reporting"),
                Line.of("ReportingBenchmark.plain")));
        Line party = Line.of("MemberBenchmark.admitted", "members", "1");
        figures.add(beside(
                "an organization and one of its members",
                "the organization alone",
                1.7,
                party.with("parties", "2"),
                party.with("parties", "1")));
        for (String endpoints : List.of("1", "10000")) {
            Line named = Line.of("PatternBenchmark.admitted", "endpoints", endpoints);
            figures.add(beside(
                    "an endpoint that a pattern matches, of %,d in turn".formatted(Integer.valueOf(endpoints)),
                    "one that a row names",
                    1.05,
                    named.with("named", "by pattern"),
                    named.with("named", "exactly")));
        }
        figures.add(beside(
                "through the servlet filter, two limits and IETF fields",
                "a reporting decision",
                4,
                Line.of("FilterBenchmark.byName"),
                Line.of("FilterBenchmark.decision")));
        return figures;
    }

    /** Returns how many times the floor a call takes, beginning with what it needs least. */
    private static List<Figure> steps() {
        Line exact = Line.of("ExactBenchmark.tryAcquire", "organizations", "1024");
        Line oneKey = Line.of("ContendedBenchmark.admitted", "keys", "one");
        return List.of(
                step("the clock read", Line.of("FloorBenchmark.nanoTime")),
                step("admitted by a window alone", Line.of("WindowBenchmark.admitted")),
                step("admitted by a bound endpoint", ours(Line.of("BoundBenchmark.admitted"))),
                step("admitted by names, 1 organization", ours(admitted("1"))),
                step("admitted by names, 1,024 organizations", ours(admitted("1024"))),
                step("admitted by names, 100,000 organizations", ours(admitted("100000"))),
                step("rejected by names, 1,024 organizations", ours(rejected("1024"))),
                step(
                        "admitted by names, three limits, 1,024 organizations",
                        ours(Line.of("CompositeBenchmark.admitted", "organizations", "1024"))),
                step("by names, 1,000 exact marks, 1,024 organizations", ours(exact)),
                beside(
                        "admitted by names, two threads on one key",
                        "the floor of two threads",
                        Double.NaN,
                        ours(oneKey),
                        Line.of("FloorBenchmark.bothContended")));
    }

    private static Figure step(String call, Line line) {
        return beside(call, "the floor", Double.NaN, line, Line.of(ScoreTable.FLOOR));
    }

    private static Line rejected(String organizations) {
        return Line.of("RejectBenchmark.rejected", "organizations", organizations, "spread", "uniform");
    }

    private static Line admitted(String organizations) {
        return Line.of("AdmitBenchmark.admitted", "organizations", organizations, "spread", "uniform");
    }

    private static String inWords(String organizations) {
        return Counted.of(Integer.parseInt(organizations), "organizations");
    }

    private static Line ours(Line line) {
        return line.with(LIMITER, ScoreTable.OURS);
    }

    private static Figure beside(String call, String divisor, double aim, Line line, Line other) {
        return new Figure(call, divisor, aim, line, List.of(other));
    }

    private static Figure besideBucket4j(String call, double aim, Line line) {
        return beside(call, "Bucket4j", aim, ours(line), line.with(LIMITER, "bucket4j"));
    }

    private static Figure besideFastest(String call, double aim, Line line) {
        List<Line> peers =
                Stream.of(PEERS).map(peer -> line.with(LIMITER, peer)).toList();
        return new Figure(call, "the fastest peer", aim, ours(line), peers);
    }

    /** Returns the lines that a round must time, those of a ratio one after the other. */
    static List<Line> lines() {
        return ALL.stream()
                .flatMap(figure -> Stream.concat(Stream.of(figure.line), figure.others.stream()))
                .distinct()
                .toList();
    }

    /** Returns the rows of the ratios, of some rounds, each with a time of every line. */
    static List<String> rows(List<Map<Line, Score>> rounds) {
        return ALL.stream().map(figure -> figure.row(rounds)).toList();
    }

    private String row(List<Map<Line, Score>> rounds) {
        Line fastest = others.stream()
                .min(Comparator.comparingDouble(other -> nanos(other, rounds)))
                .orElseThrow();
        double[] ratios = rounds.stream()
                .mapToDouble(round ->
                        score(line, round).nanos() / score(fastest, round).nanos())
                .toArray();
        double bytes = rounds.stream()
                .mapToDouble(round -> score(line, round).bytes())
                .max()
                .orElseThrow();
        return FigureTable.row(
                call,
                divisor,
                others.size() == 1
                        ? ""
                        : Limiters.label(requireNonNull(fastest.parameters().get(LIMITER))),
                FigureTable.measured(aim, Spread.of(ratios), "%.2f"),
                String.format(Locale.ROOT, "%,.1f", nanos(line, rounds)),
                String.format(Locale.ROOT, "%,.1f", nanos(fastest, rounds)),
                String.format(Locale.ROOT, "%,.0f", bytes));
    }

    private static double nanos(Line line, List<Map<Line, Score>> rounds) {
        return Spread.of(rounds.stream()
                        .mapToDouble(round -> score(line, round).nanos())
                        .toArray())
                .median();
    }

    private static Score score(Line line, Map<Line, Score> round) {
        return Optional.ofNullable(round.get(line))
                .orElseThrow(
                        () -> new IllegalArgumentException("a round must have a time of it: line=" + line.inWords()));
    }
}
