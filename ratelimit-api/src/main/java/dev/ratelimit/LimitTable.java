package dev.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.collectingAndThen;
import static java.util.stream.Collectors.toCollection;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows of endpoints and their limit, as a vendor's page prints them.
 *
 * <pre>{@code
 * LimitTable callsPerMonth = LimitTable.named("calls per month")
 *     .each(Quota.perMonth(3_000), "generate", "summarize")               // 3,000 for the one, 3,000 for the other
 *     .together("chat and coral", Quota.perMonth(5_000), "chat", "coral") // 5,000 for both
 *     .otherEndpointsTogether("remaining", Quota.perMonth(1_000));                // 1,000 for all that no row names
 * }</pre>
 *
 * <p>At most one row applies to a call: the one that names its endpoint, otherwise the row for the others, if there is
 * one. "Others" are the endpoints that no row of this same table names. An endpoint that no row covers is not limited
 * by this table.
 *
 * <p>A row may name endpoints by a pattern, a text with one {@code *}, which matches any run of characters, the empty
 * run and {@code /} included:
 *
 * <pre>{@code
 * LimitTable perDay = LimitTable.named("calls per day")
 *     .each(RateLimit.perDay(5_000), "PUT *", "DELETE *")                 // 5,000 for each endpoint that one matches
 *     .together("free models", RateLimit.perDay(50), "*:free")            // 50 for all of them
 *     .unlimited("internal/*");
 * }</pre>
 *
 * <p>The row that names an endpoint exactly goes before a row whose pattern matches it. Of two patterns, the one with
 * more characters besides the {@code *} goes first. "Others" are what no name and no pattern of this table matches. Two
 * patterns of different rows that have equally many characters must not match one name.
 *
 * <p>A table for all endpoints has one row:
 *
 * <pre>{@code
 * LimitTable perMinute = LimitTable.named("calls per minute").everyEndpoint(RateLimit.perMinute(100));
 * LimitTable perMonth = LimitTable.named("all calls per month").allTogether(Quota.perMonth(5_000));
 * }</pre>
 *
 * <p>A table can be a {@linkplain #asShadow() shadow}, for introducing a limit without hurting anyone.
 *
 * <p>Instances are immutable values: each method returns a table with one row more. A table that contradicts itself is
 * refused when the row is added.
 */
public final class LimitTable {

    private final String name;
    private final List<Row> rows;
    private final boolean shadow;

    /* Derived from the rows, for the look-up of an endpoint. */
    private final Map<String, Row> rowsByName = new HashMap<>();
    private final List<PatternRow> longestFirst = new ArrayList<>();
    private final @Nullable Row others;

    /** A pattern, and the row that has it. */
    private record PatternRow(EndpointPattern pattern, Row row) {}

    private LimitTable(String name, List<Row> rows, boolean shadow) {
        this.name = name;
        this.rows = rows;
        this.shadow = shadow;
        // By loops: tables are made while an application starts, when each lambda makes a class.
        Row forOthers = null;
        for (Row row : rows) {
            for (String endpoint : row.names.endpoints()) {
                rowsByName.put(endpoint, row);
            }
            for (EndpointPattern pattern : row.names.patterns()) {
                longestFirst.add(new PatternRow(pattern, row));
            }
            forOthers = forOthers == null && row.isForOthers() ? row : forOthers;
        }
        for (Row row : rows) {
            if (row.hasOverflow()) {
                rowsByName.putIfAbsent(row.names.overflow().name(), row);
            }
        }
        if (longestFirst.size() > 1) {
            longestFirst.sort(Comparator.comparingInt(each -> -each.pattern.literals()));
        }
        this.others = forOthers;
    }

    /**
     * Makes a table without rows.
     *
     * @param name the name of the table, unique within a tier; messages print it
     * @return the table
     * @throws IllegalArgumentException if the name is blank
     */
    public static LimitTable named(String name) {
        return new LimitTable(Arguments.requireName(name, "name"), List.of(), false);
    }

    /**
     * Makes a table without rows, which is named as vendors name the column of a limit: by its unit and its nominal
     * length, such as "calls per day". {@link Tier.Builder#limits} puts a limit into the table of this name.
     *
     * @param limit a limit that the table will have
     * @return the table
     */
    public static LimitTable namedAfter(Limit limit) {
        return named(ColumnName.of(requireNonNull(limit, "limit")));
    }

    /**
     * Adds a row that limits each of some endpoints alone.
     *
     * @param limit the limit of each
     * @param endpoints the endpoints, by name or by {@linkplain LimitTable pattern}, at least one
     * @return the longer table
     * @throws IllegalArgumentException if no endpoint is named, or one twice in this table, if a pattern has two {@code
     *     *} or nothing else, or if it and one of another row could match one name and are equally long
     */
    public LimitTable each(Limit limit, String... endpoints) {
        return with(Row.of(null, requireNonNull(limit, "limit"), endpoints));
    }

    /**
     * Adds a row that limits some endpoints together, as a group.
     *
     * @param group the name of the group, unique within this table
     * @param limit the limit of all of them
     * @param endpoints the endpoints, by name or by {@linkplain LimitTable pattern}, at least one
     * @return the longer table
     * @throws IllegalArgumentException if the group is blank, if no endpoint is named, if one or the group is named
     *     twice in this table, if a pattern has two {@code *} or nothing else, or if it and one of another row could
     *     match one name and are equally long
     */
    public LimitTable together(String group, Limit limit, String... endpoints) {
        return with(Row.of(new Scope.Group(group), requireNonNull(limit, "limit"), endpoints));
    }

    /**
     * Adds a row that names some endpoints without limiting them, so that they are not among the others.
     *
     * @param endpoints the endpoints, by name or by {@linkplain LimitTable pattern}, at least one
     * @return the longer table
     * @throws IllegalArgumentException if no endpoint is named, or one twice in this table, if a pattern has two {@code
     *     *} or nothing else, or if it and one of another row could match one name and are equally long
     */
    public LimitTable unlimited(String... endpoints) {
        return with(Row.of(null, null, endpoints));
    }

    /**
     * Adds the row that limits each of the other endpoints alone.
     *
     * @param limit the limit of each
     * @return the longer table
     * @throws IllegalArgumentException if there is a row for the others
     */
    public LimitTable eachOtherEndpoint(Limit limit) {
        return with(Row.ofOthers(null, requireNonNull(limit, "limit")));
    }

    /**
     * Adds the row that limits all other endpoints together, as a group.
     *
     * @param group the name of the group, unique within this table
     * @param limit the limit of all of them
     * @return the longer table
     * @throws IllegalArgumentException if there is a row for the others, or a group of this name, or if it is blank
     */
    public LimitTable otherEndpointsTogether(String group, Limit limit) {
        return with(Row.ofOthers(new Scope.Group(group), requireNonNull(limit, "limit")));
    }

    /**
     * Adds the row that limits each endpoint alone. It is the only row of its table.
     *
     * @param limit the limit of each
     * @return the table
     * @throws IllegalArgumentException if there is another row
     */
    public LimitTable everyEndpoint(Limit limit) {
        return with(Row.ofAll(null, requireNonNull(limit, "limit")));
    }

    /**
     * Adds the row that limits all endpoints together, as a group of the table's name. It is the only row of its table.
     *
     * @param limit the limit of all of them
     * @return the table
     * @throws IllegalArgumentException if there is another row
     */
    public LimitTable allTogether(Limit limit) {
        return with(Row.ofAll(new Scope.Group(name), requireNonNull(limit, "limit")));
    }

    /**
     * Returns this table as a shadow, which refuses nothing and tells what it would refuse.
     *
     * <p>A shadow decides over the calls that all tables in force admit. Shadows do not see each other. A call that the
     * shadow would admit is charged to it. A call that it would refuse is not charged to it: the refusal is among the
     * {@link Admitted#shadowRejections()}, and listeners are told. So a shadow never counts more than its amounts. The
     * calls that it would refuse are charged to the tables in force, so the shadow may see fewer calls than it would in
     * force. A piece of a {@link Reservation} is asked only of shadows that would have admitted the estimate.
     *
     * <p>When the table is put in force, its usage stays. A shadow beside a table in force needs a name of its own. A
     * tier has one table of a name: {@link Tier#withTable} replaces the table in force by a shadow of the same name,
     * and then nothing is refused.
     *
     * @return the table with the same rows
     */
    public LimitTable asShadow() {
        return new LimitTable(name, rows, true);
    }

    /**
     * Returns this table in force: what goes beyond its limits is refused. A table is, unless it was made a shadow.
     *
     * @return the table with the same rows
     */
    public LimitTable inForce() {
        return new LimitTable(name, rows, false);
    }

    /**
     * Tells whether this table is a shadow.
     *
     * @return true if it refuses nothing
     */
    public boolean isShadow() {
        return shadow;
    }

    /**
     * Returns the name of the table.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns the endpoints that the rows of this table name, in the order they are named.
     *
     * @return the names, without patterns, and without those that are only covered as others
     */
    public Set<String> namedEndpoints() {
        Set<String> named = new LinkedHashSet<>();
        rows.forEach(row -> named.addAll(row.endpoints()));
        return named;
    }

    /**
     * Returns the rows of this table, for a page that shows it or a file that keeps it. What an endpoint is limited to
     * is asked of {@link Tier#limitsFor}.
     *
     * @return the rows in their order, unmodifiable
     */
    public List<Row> rows() {
        return rows;
    }

    /**
     * Tells whether a row of this table names an endpoint, by name or by pattern.
     *
     * @param endpoint the endpoint
     * @return false if the endpoint is one of the others, or if a row for all endpoints covers it
     */
    public boolean names(String endpoint) {
        requireNonNull(endpoint, "endpoint");
        Row row = rowsByName.get(endpoint);
        return (row != null && row.endpoints().contains(endpoint)) || matching(endpoint) != null;
    }

    /**
     * Returns what this table says of an endpoint.
     *
     * @param endpoint the endpoint
     * @return the limit and its scope, empty if this table does not limit the endpoint
     */
    Optional<AppliedLimit> limitFor(String endpoint) {
        Row row = rowOf(endpoint);
        return row == null ? Optional.empty() : limitOf(row, new Scope.Endpoint(endpoint));
    }

    /** Returns what this table says of an endpoint that has no meter of its own. */
    Optional<AppliedLimit> overflowFor(String endpoint) {
        Row row = rowOf(endpoint);
        return row == null ? Optional.empty() : limitOf(row, row.names.overflow());
    }

    /* A name of an overflow row stands for that row: so whoever meets such a meter finds its limit. */
    private @Nullable Row rowOf(String endpoint) {
        Row named = rowsByName.get(endpoint);
        Row found = named == null ? matching(endpoint) : named;
        return found == null ? others : found;
    }

    private @Nullable Row matching(String endpoint) {
        for (PatternRow each : longestFirst) {
            if (each.pattern.matches(endpoint)) {
                return each.row;
            }
        }
        return null;
    }

    /** Returns the limits that this table has for some endpoints, for what its patterns match, and for the others. */
    Stream<AppliedLimit> limitsFor(Set<String> endpoints) {
        Stream<Row> unnamed = rows.stream().filter(row -> row.isForOthers() || row.hasPatterns());
        return Stream.concat(
                endpoints.stream().flatMap(endpoint -> limitFor(endpoint).stream()),
                unnamed.flatMap(row -> limitOf(row, row.each()).stream()));
    }

    private Optional<AppliedLimit> limitOf(Row row, Scope alone) {
        if (row.limit == null) {
            return Optional.empty();
        }
        Scope scope = row.group == null ? alone : row.group;
        return Optional.of(AppliedLimit.of(name, scope, row.limit, shadow));
    }

    LimitTable withLimits(UnaryOperator<Limit> change) {
        return new LimitTable(
                name, rows.stream().map(row -> row.withLimit(change)).toList(), shadow);
    }

    private LimitTable with(Row added) {
        for (Row row : rows) {
            added.refuseConflictWith(row, name);
        }
        List<Row> longer = new ArrayList<>(rows);
        longer.add(added);
        return new LimitTable(name, List.copyOf(longer), shadow);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LimitTable that
                && name.equals(that.name)
                && rows.equals(that.rows)
                && shadow == that.shadow;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + rows.hashCode()) + Boolean.hashCode(shadow);
    }

    /** Returns the name, whether it is a shadow, and the rows. */
    @Override
    public String toString() {
        return Printable.text(Printable.name(name) + (shadow ? " (shadow)" : "") + rows);
    }

    /** A row: some endpoints, all that no other row names, or all, and what limits them. Immutable. */
    public static final class Row {

        private final RowNames names;
        private final Scope.@Nullable Group group;
        private final @Nullable Limit limit;
        private final boolean all;

        private Row(RowNames names, Scope.@Nullable Group group, @Nullable Limit limit, boolean all) {
            this.names = names;
            this.group = group;
            this.limit = limit;
            this.all = all;
        }

        private static Row of(Scope.@Nullable Group group, @Nullable Limit limit, String... named) {
            return new Row(RowNames.of(named), group, limit, false);
        }

        private static Row ofOthers(Scope.@Nullable Group group, Limit limit) {
            return new Row(RowNames.NONE, group, limit, false);
        }

        private static Row ofAll(Scope.@Nullable Group group, Limit limit) {
            return new Row(RowNames.NONE, group, limit, true);
        }

        private boolean hasPatterns() {
            return !names.patterns().isEmpty();
        }

        /** Tells whether what its patterns match beyond the bound shares a meter of the row's own. */
        private boolean hasOverflow() {
            return hasPatterns() && group == null && limit != null;
        }

        /** Returns the scope that stands for each endpoint that the row covers without its name. */
        private Scope each() {
            return isForOthers()
                    ? new Scope.EachOtherEndpoint()
                    : new Scope.EachMatchingEndpoint(names.patternsInOrder());
        }

        /**
         * Returns the endpoints that the row names.
         *
         * @return the names in their order, without patterns, unmodifiable; none if the row is for the other endpoints,
         *     or for all
         */
        public Set<String> endpoints() {
            return names.endpoints();
        }

        /**
         * Returns the {@linkplain LimitTable patterns} that the row names endpoints by.
         *
         * @return the patterns in their order, unmodifiable
         */
        public Set<String> patterns() {
            return names.patterns().stream()
                    .map(EndpointPattern::text)
                    .collect(collectingAndThen(toCollection(LinkedHashSet::new), Collections::unmodifiableSet));
        }

        /**
         * Tells whether the row is for the endpoints that no row of its table names.
         *
         * @return true if it names none, which a row for all endpoints does not either
         */
        public boolean isForOthers() {
            return names.isEmpty();
        }

        /**
         * Tells whether the row is for all endpoints, and so the only one of its table.
         *
         * @return true if it is
         */
        public boolean isForAll() {
            return all;
        }

        /**
         * Returns the group that the endpoints of the row add up in.
         *
         * @return the group, empty if the row limits each endpoint alone, or none
         */
        public Optional<Scope.Group> group() {
            return Optional.ofNullable(group);
        }

        /**
         * Returns the limit of the row.
         *
         * @return the limit, empty if the row leaves its endpoints unlimited
         */
        public Optional<Limit> limit() {
            return Optional.ofNullable(limit);
        }

        private Row withLimit(UnaryOperator<Limit> change) {
            return limit == null ? this : new Row(names, group, requireNonNull(change.apply(limit), "limit"), all);
        }

        private void refuseConflictWith(Row earlier, String table) {
            if (all || earlier.all) {
                throw new IllegalArgumentException(Printable.text("a row for all endpoints must be the only row of its"
                        + " table: " + this + " and " + earlier + " of table \"" + Printable.name(table) + '"'));
            }
            String shared = names.sharedWith(earlier.names);
            if (shared != null) {
                throw conflict(shared, earlier, table);
            }
            if (group != null && group.equals(earlier.group)) {
                throw conflict(group.toString(), earlier, table);
            }
            if (isForOthers() && earlier.isForOthers()) {
                throw conflict("the others", earlier, table);
            }
        }

        private IllegalArgumentException conflict(String what, Row earlier, String table) {
            return new IllegalArgumentException(Printable.text(what + " must stand in one row of a table only: " + this
                    + " and " + earlier + " of table \"" + Printable.name(table) + '"'));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Row that
                    && names.equals(that.names)
                    && Objects.equals(group, that.group)
                    && Objects.equals(limit, that.limit)
                    && all == that.all;
        }

        @Override
        public int hashCode() {
            return Objects.hash(names, group, limit, all);
        }

        /** Returns the endpoints, the patterns, the group and the limit. */
        @Override
        public String toString() {
            String who = all ? "all endpoints" : isForOthers() ? "others" : names.toString();
            return "row (" + who
                    + (group == null ? "" : " as " + group)
                    + ": " + (limit == null ? "unlimited" : limit.inWords()) + ")";
        }
    }
}
