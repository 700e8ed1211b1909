package dev.ratelimit.core;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The patterns of a table, by which it finds the row of an endpoint that no row names exactly. Of two patterns that
 * match, the one with more literal characters counts. Immutable.
 */
final class Patterns {

    /** A pattern without its star. */
    private record Pattern(String prefix, String suffix, int row) {

        int literals() {
            return prefix.length() + suffix.length();
        }

        boolean matches(String endpoint) {
            return endpoint.length() >= literals() && endpoint.startsWith(prefix) && endpoint.endsWith(suffix);
        }
    }

    private final Pattern[] longestFirst;

    /** The number of rows, and one: where no pattern matches. */
    final int rows;

    private Patterns(LimitTable table) {
        List<Pattern> patterns = new ArrayList<>();
        int row = 0;
        for (LimitTable.Row each : table.rows()) {
            for (String pattern : each.patterns()) {
                int star = pattern.indexOf('*');
                patterns.add(new Pattern(pattern.substring(0, star), pattern.substring(star + 1), row));
            }
            row++;
        }
        patterns.sort(Comparator.comparingInt(pattern -> -pattern.literals()));
        this.longestFirst = patterns.toArray(Pattern[]::new);
        this.rows = row + 1;
    }

    /** Returns the patterns of the tables of a tier that have some. */
    static Patterns[] of(Tier tier) {
        return tier.tables().stream()
                .map(Patterns::new)
                .filter(patterns -> patterns.longestFirst.length > 0)
                .toArray(Patterns[]::new);
    }

    /** Returns the number of the row whose pattern matches an endpoint; one more than that of the last if none does. */
    int rowOf(String endpoint) {
        for (Pattern pattern : longestFirst) {
            if (pattern.matches(endpoint)) {
                return pattern.row;
            }
        }
        return rows - 1;
    }
}
