package dev.ratelimit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The figures of one JDK as a table in a file of its own, and the tables of a page that has those of all JDKs, made
 * from these files.
 */
final class FigureTable {

    private static final List<String> HEAD = List.of(
            "| time of a call, or bytes of an organization | divided by that of | which is | aim | median"
                    + " | least to most | met | ns | ns of the other | bytes of a call |",
            "|---|---|---|--:|--:|--:|---|--:|--:|--:|");
    /* The places of the cells that a page has. */
    private static final int CALL = 1;
    private static final int DIVISOR = 2;
    private static final int PEER = 3;
    private static final int AIM = 4;
    private static final int MEDIAN = 5;
    private static final int MET = 7;

    private static final Pattern FILE = Pattern.compile("figures-jdk(\\d+)\\.md");
    private static final String PLACE = "(?s)(<!-- %s by Report -->\n).*(\n<!-- end of %<s -->)";

    private FigureTable() {}

    /** Returns the file of the figures of the JDK that runs this. */
    static Path file(Path folder) {
        return folder.resolve("figures-jdk" + Runtime.version().feature() + ".md");
    }

    /** Returns rows below the head of the table. */
    static List<String> table(List<String> rows) {
        return Stream.concat(HEAD.stream(), rows.stream()).toList();
    }

    /** Returns a row of cells, in the order of the head. */
    static String row(String... cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    /**
     * Returns four cells: what a figure should be at most, its median, its spread, and whether it is as it should be.
     * The first and the last one are empty if the aim is NaN.
     */
    static String measured(double aim, Spread spread, String format) {
        boolean isHeld = !Double.isNaN(aim);
        return String.join(
                " | ",
                isHeld ? String.format(Locale.ROOT, format, aim) : "",
                String.format(Locale.ROOT, format, spread.median()),
                String.format(Locale.ROOT, format + " to " + format, spread.least(), spread.most()),
                isHeld ? spread.median() <= aim ? "yes" : "no" : "");
    }

    /**
     * Puts the figures of all JDKs into a page, between the comments that mark their places: those with an aim, then
     * those without.
     *
     * @throws IllegalArgumentException if the page has no such comments
     */
    static void refresh(Path page, Path folder) throws IOException {
        String text = replaced("figures", Files.readString(page), ofAllJdks(folder, true));
        Files.writeString(page, replaced("steps", text, ofAllJdks(folder, false)));
    }

    private static String replaced(String table, String page, List<String> lines) {
        Matcher place = Pattern.compile(PLACE.formatted(table)).matcher(page);
        if (!place.find()) {
            throw new IllegalArgumentException("the page must have a place for a table: table=" + table);
        }
        return place.replaceFirst("$1" + Matcher.quoteReplacement(String.join("\n", lines)) + "$2");
    }

    /**
     * Returns the figures of all files of a folder, a column for each JDK, the newest first.
     *
     * @param withAim whether they are those with an aim, or those without
     */
    static List<String> ofAllJdks(Path folder, boolean withAim) throws IOException {
        Map<Integer, Map<String, String>> columns = new TreeMap<>(Comparator.reverseOrder());
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Matcher name = FILE.matcher(file.getFileName().toString());
                if (name.matches()) {
                    columns.put(Integer.valueOf(name.group(1)), medians(Files.readAllLines(file), withAim));
                }
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(
                withAim
                        ? "| time of a call, or bytes of an organization | divided by that of | aim |"
                        : "| time of a call | divided by that of |");
        lines.add(withAim ? "|---|---|--:|" : "|---|---|");
        for (Integer jdk : columns.keySet()) {
            lines.set(0, lines.get(0) + " JDK " + jdk + " |");
            lines.set(1, lines.get(1) + "--:|");
        }
        columns.values().stream()
                .flatMap(medians -> medians.keySet().stream())
                .distinct()
                .forEach(figure -> lines.add(figure
                        + columns.values().stream()
                                .map(medians -> " " + medians.getOrDefault(figure, "-") + " |")
                                .collect(Collectors.joining())));
        return lines;
    }

    /** Returns, by the cells that say what a figure is, its median: in bold if it should be less. */
    private static Map<String, String> medians(List<String> file, boolean withAim) {
        Map<String, String> medians = new LinkedHashMap<>();
        file.stream()
                .dropWhile(line -> !line.equals(HEAD.get(1)))
                .skip(1)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split(" *\\| *", -1))
                .filter(cells -> cells[AIM].isEmpty() != withAim)
                .forEach(cells -> {
                    String median = cells[MET].equals("no") ? "**" + cells[MEDIAN] + "**" : cells[MEDIAN];
                    medians.put(
                            withAim ? row(cells[CALL], cells[DIVISOR], cells[AIM]) : row(cells[CALL], cells[DIVISOR]),
                            cells[PEER].isEmpty() ? median : median + ", " + cells[PEER]);
                });
        return medians;
    }
}
