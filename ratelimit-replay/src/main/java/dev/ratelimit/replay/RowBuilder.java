package dev.ratelimit.replay;

import dev.ratelimit.Member;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of the values that a file of any format holds: {@link #begin}, {@link #value} for each column,
 * {@link #end}. Values are read where they lie, without making strings of them.
 */
final class RowBuilder {

    /** The most characters of a field of CSV, and of a line of JSON. */
    static final int LONGEST_VALUE = 1 << 22;

    /** The most characters of a name: a name is kept, in memory, for as long as the replay takes. */
    private static final int LONGEST_NAME = 1_024;

    /** The most characters of a value that a message shows. */
    private static final int SHOWN = 300;

    private final String file;
    private final RowFormat format;
    private final BadRows badRows;
    private final Consumer<Row> sink;

    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final Column[] required;
    private final Column timeColumn;
    private final long fixedDuration;
    private final NameCache names = new NameCache();

    /* The row in the making. */
    private long line;
    private long time;
    private String organization = "";
    private String endpoint = "";
    private final List<Member> members = new ArrayList<>();
    private long duration;
    private final Tally charged;
    private final Optional<Tally> used;
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
        format.columns().forEach(name -> columns.put(name, new Column(name)));
        this.timeColumn = reads(
                format.time(),
                (chars, from, length) -> time = format.timeFormat().read(chars, from, length));
        format.organization()
                .column()
                .ifPresent(name -> reads(name, (chars, from, length) -> organization = name(chars, from, length)));
        format.endpoint()
                .column()
                .ifPresent(name -> reads(name, (chars, from, length) -> endpoint = name(chars, from, length)));
        for (MemberColumn member : format.members()) {
            reads(member.column(), (chars, from, length) -> {
                if (length > 0) {
                    members.add(new Member(member.kind(), name(chars, from, length)));
                }
            });
        }
        this.fixedDuration = format.ending()
                .map(ending -> ending.duration().fixed().toNanos())
                .orElse(0L);
        this.charged = tally(format.charges());
        this.used = format.ending().map(ending -> tally(format.chargesInAll()));
        format.ending()
                .ifPresent(ending -> ending.duration()
                        .column()
                        .ifPresent(name -> reads(
                                name,
                                (chars, from, length) ->
                                        duration = ending.durationUnit().readDuration(chars, from, length))));
        this.required = columns.values().toArray(Column[]::new);
    }

    private Tally tally(List<Charge> charges) {
        Tally tally = new Tally(charges);
        for (Charge charge : charges) {
            int unit = tally.indexOf(charge.unit());
            for (String name : charge.columns()) {
                reads(name, (chars, from, length) -> tally.add(unit, WholeNumber.read(chars, from, length)));
            }
        }
        return tally;
    }

    private String name(char[] chars, int from, int length) {
        if (length > LONGEST_NAME) {
            throw new BadValueException("must be of at most " + LONGEST_NAME + " characters");
        }
        String name = names.get(chars, from, length);
        // It takes the place of bytes that are not UTF-8, and of any such: several names could be the same one then.
        if (name.indexOf('\uFFFD') >= 0) {
            throw new BadValueException("must be UTF-8");
        }
        return name;
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
        members.clear();
        duration = fixedDuration;
        charged.clear();
        used.ifPresent(Tally::clear);
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
            reject(column, e, new String(chars, from, Math.min(SHOWN, length)));
        }
    }

    /** Notes that the rows may not be all, or not be whole. */
    void doubt(String why) {
        badRows.doubt(file, why);
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
                sink.accept(new Row(
                        time, organization, endpoint, List.copyOf(members), charged.usage(), used.map(this::outcome)));
            } catch (BadValueException e) {
                reject(timeColumn, e, Instant.EPOCH.plusNanos(time).toString());
            }
        }
        if (problem != null) {
            badRows.add(file + ":" + line, problem);
        }
    }

    private Row.Outcome outcome(Tally used) {
        long end = time + duration;
        if (end < 0) {
            throw new BadValueException("must be early enough for the call to end " + TimeFormat.RANGE
                    + ", but it takes " + Duration.ofNanos(duration));
        }
        return new Row.Outcome(end, used.usage());
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
