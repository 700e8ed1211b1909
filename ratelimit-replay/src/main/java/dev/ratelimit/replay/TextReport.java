package dev.ratelimit.replay;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.replay.Summary.Count;
import dev.ratelimit.spi.Counted;
import dev.ratelimit.spi.Printable;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map.Entry;

/** The report for people: tables of text. */
final class TextReport implements Report {

    /** How many limits are named, of those that refused or were overrun. */
    private static final int MOST_REFUSING = 20;

    @Override
    public void write(String title, Summary summary, BadRows badRows, Writer out) throws IOException {
        Count all = summary.all();
        out.write(Printable.text(title) + "\n");
        if (all.calls() > 0) {
            out.write(summary.first() + " to " + summary.last() + "\n");
        }
        Table totals = new Table(1, 2);
        totals.row("calls", number(all.calls()));
        totals.row("admitted", number(all.admitted()), percent(all.admitted(), all));
        totals.row("rejected", number(all.rejected()), percent(all.rejected(), all));
        if (badRows.areSkipped()) {
            totals.row("skipped rows", number(badRows.count()));
        }
        totals.write(out);

        List<Entry<AppliedLimit, Count>> limits = summary.limits();
        if (!limits.isEmpty()) {
            Table byLimit = new Table(0, 4);
            boolean overrun = limits.stream().anyMatch(entry -> entry.getValue().overrun() > 0);
            byLimit.row("rejected", "by limit", "scope", "table", overrun ? "overrun by" : "");
            for (Entry<AppliedLimit, Count> entry : limits.subList(0, Math.min(MOST_REFUSING, limits.size()))) {
                AppliedLimit limit = entry.getKey();
                byLimit.row(
                        number(entry.getValue().rejected()),
                        limit.limit().inWords(),
                        ReportedLimit.scope(limit),
                        limit.table(),
                        overrun ? number(entry.getValue().overrun()) : "");
            }
            byLimit.write(out);
            writeRest(limits.size() - MOST_REFUSING, "limits", out);
        }

        if (all.calls() > 0) {
            Table byOrganization = new Table(1, 2, 3, 4);
            byOrganization.row("organization", "calls", "admitted", "rejected");
            for (Entry<String, Count> entry : summary.organizations(MOST_REFUSED)) {
                Count count = entry.getValue();
                byOrganization.row(
                        entry.getKey(),
                        number(count.calls()),
                        number(count.admitted()),
                        number(count.rejected()),
                        percent(count.rejected(), count));
            }
            byOrganization.write(out);
            writeRest(summary.organizationCount() - MOST_REFUSED, "organizations", out);
        }
    }

    private static void writeRest(int rest, String what, Writer out) throws IOException {
        if (rest > 0) {
            out.write("... and " + Counted.of(rest, "more " + what) + "\n");
        }
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String percent(long part, Count whole) {
        return whole.calls() == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole.calls());
    }

    /** Lines of cells, in columns as wide as they must be. */
    private static final class Table {

        private final List<Integer> rightAligned;
        private final List<String[]> rows = new ArrayList<>();

        Table(Integer... rightAligned) {
            this.rightAligned = List.of(rightAligned);
        }

        void row(String... cells) {
            rows.add(Arrays.stream(cells).map(Printable::name).toArray(String[]::new));
        }

        void write(Writer out) throws IOException {
            int[] widths =
                    new int[rows.stream().mapToInt(row -> row.length).max().orElse(0)];
            for (String[] row : rows) {
                Arrays.setAll(widths, i -> i < row.length ? Math.max(widths[i], row[i].length()) : widths[i]);
            }
            out.write("\n");
            for (String[] row : rows) {
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < row.length; i++) {
                    String padding = " ".repeat(widths[i] - row[i].length());
                    line.append(i == 0 ? "" : "  ")
                            .append(rightAligned.contains(i) ? padding + row[i] : row[i] + padding);
                }
                out.write(line.toString().stripTrailing() + "\n");
            }
        }
    }
}
