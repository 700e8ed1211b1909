package dev.ratelimit.config;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * A row of an example file, as a YAML parser gives it and not the reader of tier files. One of several limits
 * becomes a row for each of them. Two endpoints that no file names stand for the others, and for all; three names
 * that it matches stand for a pattern.
 *
 * @param tier the tier's name
 * @param table the table's name
 * @param scopes the endpoints that count together; one list for each that counts alone
 * @param limit the limit; empty if the row says unlimited
 */
record PlainRow(String tier, String table, List<List<String>> scopes, Optional<PlainLimit> limit) {

    private static final List<String> OTHERS = List.of("an endpoint without a row", "another one");

    /** What a pattern's star stands for. */
    private static final List<String> RUNS = List.of("", "any", "any/run of characters");

    static List<PlainRow> of(Path file) throws IOException {
        Object root = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
        List<PlainRow> rows = new ArrayList<>();
        for (Map<?, ?> tier : maps((Map<?, ?>) root, "tiers")) {
            String name = text(tier, "name");
            for (Map<?, ?> table : maps(tier, "tables")) {
                for (Map<?, ?> row : maps(table, "rows")) {
                    rows.add(new PlainRow(name, text(table, "name"), scopes(row), limit(row)));
                }
            }
            for (Map<?, ?> row : maps(tier, "rows")) {
                for (String text : row.containsKey("limit") ? List.of(text(row, "limit")) : names(row, "limits")) {
                    PlainLimit limit = PlainLimit.of(text);
                    rows.add(new PlainRow(name, limit.column(), scopes(row), Optional.of(limit)));
                }
            }
        }
        return rows;
    }

    private static List<List<String>> scopes(Map<?, ?> row) {
        if (row.containsKey("others") || row.containsKey("all")) {
            String kind = text(row, row.containsKey("all") ? "all" : "others");
            return kind.equals("together") ? List.of(OTHERS) : alone(OTHERS);
        }
        if (row.containsKey("together")) {
            return List.of(endpoints(row, "together"));
        }
        return alone(endpoints(row, row.containsKey("each") ? "each" : "unlimited"));
    }

    private static Optional<PlainLimit> limit(Map<?, ?> row) {
        return row.containsKey("unlimited") ? Optional.empty() : Optional.of(PlainLimit.of(text(row, "limit")));
    }

    private static List<List<String>> alone(List<String> endpoints) {
        return endpoints.stream().map(List::of).toList();
    }

    private static List<String> names(Map<?, ?> map, String key) {
        return list(map, key).stream().map(String.class::cast).toList();
    }

    private static List<String> endpoints(Map<?, ?> row, String key) {
        return names(row, key).stream()
                .flatMap(
                        name -> name.contains("*") ? RUNS.stream().map(run -> name.replace("*", run)) : Stream.of(name))
                .toList();
    }

    private static List<Map<?, ?>> maps(Map<?, ?> map, String key) {
        List<Map<?, ?>> maps = new ArrayList<>();
        for (Object value : list(map, key)) {
            maps.add((Map<?, ?>) value);
        }
        return maps;
    }

    private static List<?> list(Map<?, ?> map, String key) {
        return map.containsKey(key) ? (List<?>) requireNonNull(map.get(key), key) : List.of();
    }

    private static String text(Map<?, ?> map, String key) {
        return (String) requireNonNull(map.get(key), key);
    }
}
