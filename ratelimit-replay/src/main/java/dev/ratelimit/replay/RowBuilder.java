package dev.ratelimit.replay;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of the values that a file of any format holds: {@link #begin}, {@link #value} for each column, {@link #end}. Values
 * are read where they lie, without making strings of them.
 */
final class RowBuilder {

    private final String file;
    private final RowFormat format;
    private final BadRows badRows;
    private final Consumer<Row> sink;

    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final Column[] required;
    private final Column timeColumn;
    private final Unit[] units;
    private final NameCache names = new NameCache();

    /* The row in the making. */
    private long line;
    private long time;
    private String organization = "";
    private String endpoint = "";
    private final long[] amounts;
    private @Nullable String problem;

    /**
     * Makes a builder for the rows of one file.
     *
     * @param sink takes the good rows; it may refuse one's time by a {@link BadValueException}
     */
    RowBuilder(String file, RowFormat format, BadRows badRows, Consumer<Row> sink) {
        this.file = file;
        this.format = format;
        this.badRows = badRows;
        this.sink = sink;
        this.units = format.charges().stream().map(Charge::unit).toArray(Unit[]::new);
        this.amounts = new long[units.length];
        format.columns().forEach(name -> columns.put(name, new Column(name)));
        this.timeColumn = reads(
                format.time(),
                (chars, from, length) -> time = format.timeFormat().read(chars, from, length));
        format.organization()
                .column()
                .ifPresent(name -> reads(name, (chars, from, length) -> organization = names.get(chars, from, length)));
        format.endpoint()
                .column()
                .ifPresent(name -> reads(name, (chars, from, length) -> endpoint = names.get(chars, from, length)));
        for (int i = 0; i < amounts.length; i++) {
            int unit = i;
            for (String name : format.charges().get(unit).columns()) {
                reads(name, (chars, from, length) -> add(unit, WholeNumber.read(chars, from, length)));
            }
        }
        this.required = columns.values().toArray(Column[]::new);
    }

    private void add(int unit, long amount) {
        amounts[unit] += amount;
        if (amounts[unit] > WholeNumber.MAX) {
            throw new BadValueException("must not add up to more than 2^53");
        }
    }

    String file() {
        return file;
    }

    /** Returns the columns that every row must have, by name. */
    Map<String, Column> columns() {
        return columns;
    }

    void begin(long line) {
        this.line = line;
        organization = format.organization().fixed();
        endpoint = format.endpoint().fixed();
        Arrays.fill(amounts, 0);
        problem = null;
    }

    void value(Column column, char[] chars, int from, int length) {
        if (column.line == line) {
            reject("column " + column.name, "must stand in a row once");
        }
        column.line = line;
        try {
            for (Reader reader : column.readers) {
                reader.read(chars, from, length);
            }
        } catch (BadValueException e) {
            reject(column, e, new String(chars, from, length));
        }
    }

    /** Notes that the row is bad. The first thing that is wrong with it counts. */
    void reject(String what, String rule) {
        if (problem == null) {
            problem = what + " " + rule;
        }
    }

    private void reject(Column column, BadValueException rule, String value) {
        reject("column " + column.name, rule.getMessage() + ": \"" + value + '"');
    }

    void end() {
        for (Column column : required) {
            if (column.line != line) {
                reject("column " + column.name, "must be there");
            }
        }
        if (problem == null) {
            try {
                sink.accept(new Row(time, organization, endpoint, usage()));
            } catch (BadValueException e) {
                reject(timeColumn, e, Instant.EPOCH.plusNanos(time).toString());
            }
        }
        if (problem != null) {
            badRows.add(file + ":" + line, problem);
        }
    }

    private Usage usage() {
        if (amounts.length == 0) {
            return Usage.call();
        }
        Usage usage = Usage.of(units[0], amounts[0]);
        for (int i = 1; i < amounts.length; i++) {
            usage = usage.and(units[i], amounts[i]);
        }
        return usage;
    }

    private Column reads(String name, Reader reader) {
        Column column = columns.computeIfAbsent(name, Column::new);
        column.readers = Arrays.copyOf(column.readers, column.readers.length + 1);
        column.readers[column.readers.length - 1] = reader;
        return column;
    }

    /** A column that says something about a call, or several things. */
    static final class Column {

        private final String name;
        private Reader[] readers = {};
        private long line;

        Column(String name) {
            this.name = name;
        }
    }

    @FunctionalInterface
    private interface Reader {
        void read(char[] chars, int from, int length);
    }
}
