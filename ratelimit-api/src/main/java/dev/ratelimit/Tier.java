package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A named set of limit tables: trial, production, limited, full.
 *
 * <pre>{@code
 * static final Tier TRIAL = Tier.named("trial")
 *     .table(LimitTable.named("calls per minute")
 *         .each(RateLimit.perMinute(5), "generate", "summarize")
 *         .each(RateLimit.perMinute(10), "rerank", "chat")
 *         .eachOtherEndpoint(RateLimit.perMinute(100)))
 *     .table(LimitTable.named("calls per month")
 *         .otherEndpointsTogether("all endpoints", Quota.perMonth(5_000)))
 *     .build();
 * }</pre>
 *
 * <p>A call falls under every table, each of which has at most one limit for it. Tiers are immutable values; one built
 * from the same tables is equal, and an organization whose tier is built anew keeps what it has used.
 *
 * <p>What is used belongs to the account, the table's name, the endpoint or group, the unit, and the span: the window
 * or the period. Under a tier that agrees on these it is kept, whatever the amount. A limit of another span is another
 * meter, and begins with nothing used: a customer whose billing day changes from the 15th to the 16th may use a month's
 * amount again. So it is with a table of a new name, and where {@code together} takes the place of {@code each}. A
 * change of the span is carried over by hand, once, when the plan changes: {@code limiter.admin().carryOver(caller,
 * former)} of the limiter in memory charges what the former tier's limits count.
 */
public final class Tier {

    /** The account of a tier that names none. */
    public static final String DEFAULT_ACCOUNT = "default";

    private final String name;
    private final String account;
    private final String message;
    private final List<LimitTable> tables;
    private final boolean refusesOthers;

    /* Derived from the tables: what limitsFor answers for every endpoint that one of them names. */
    private final Map<String, List<AppliedLimit>> limitsByName;
    private final int hash;

    private Tier(String name, String account, String message, List<LimitTable> tables, boolean refusesOthers) {
        this.name = name;
        this.account = account;
        this.message = message;
        this.tables = List.copyOf(tables);
        this.refusesOthers = refusesOthers;
        if (refusesOthers) {
            tables.forEach(Tier::requireNoOthers);
        }
        this.hash = 31 * (31 * name.hashCode() + account.hashCode()) + tables.hashCode();
        Map<String, List<AppliedLimit>> limits = new LinkedHashMap<>();
        for (LimitTable table : tables) {
            for (String endpoint : table.namedEndpoints()) {
                limits.computeIfAbsent(endpoint, this::resolve);
            }
        }
        this.limitsByName = Collections.unmodifiableMap(limits);
    }

    private static void requireNoOthers(LimitTable table) {
        boolean hasOthers = table.rows().stream().anyMatch(LimitTable.Row::isForOthers);
        Arguments.require(
                !hasOthers,
                "table",
                "without a row for other or all endpoints, in a tier that refuses other endpoints",
                table.name());
    }

    /**
     * Begins a tier.
     *
     * @param name the name of the tier
     * @return a builder without tables
     * @throws IllegalArgumentException if the name is blank
     */
    public static Builder named(String name) {
        return new Builder(Arguments.requireName(name, "name"));
    }

    /**
     * Returns the limits that a call of an endpoint falls under. This is the one place that resolves an endpoint to
     * limits.
     *
     * @param endpoint the endpoint
     * @return the limits in the order of the tables, unmodifiable; empty if the endpoint is unlimited
     */
    public List<AppliedLimit> limitsFor(String endpoint) {
        List<AppliedLimit> named = limitsByName.get(requireNonNull(endpoint, "endpoint"));
        return named != null ? named : resolve(endpoint);
    }

    private List<AppliedLimit> resolve(String endpoint) {
        return tables.stream()
                .flatMap(table -> table.limitFor(endpoint).stream())
                .toList();
    }

    /**
     * Returns the limits that a call of an endpoint falls under where the endpoint has no meter of its own, because an
     * organization has called more of them than a limiter counts one by one; for backends. They are those of {@link
     * #limitsFor}, in the same order. Where one has the scope of this endpoint, it has the {@linkplain
     * Scope.Endpoint#isOverflow() overflow} of its row instead. An endpoint that a table names always has meters of its
     * own.
     *
     * @param endpoint the endpoint, as the call gives it
     * @return the limits in the order of the tables, unmodifiable; empty if the endpoint is unlimited
     */
    public List<AppliedLimit> overflowFor(String endpoint) {
        List<AppliedLimit> named = limitsByName.get(requireNonNull(endpoint, "endpoint"));
        return named != null
                ? named
                : tables.stream()
                        .flatMap(table -> table.overflowFor(endpoint).stream())
                        .toList();
    }

    /**
     * Returns every limit of this tier: of the endpoints that some table names, of the groups, of what patterns match,
     * and of the other endpoints. What each other endpoint is limited to alone has the scope {@link
     * Scope.EachOtherEndpoint}, and what each endpoint that a pattern matches has {@link Scope.EachMatchingEndpoint}.
     * With the name of such an endpoint it comes by {@link #limitsFor}.
     *
     * @return the limits in the order of the tables, each once, unmodifiable
     */
    public List<AppliedLimit> limits() {
        return tables.stream()
                .flatMap(table -> table.limitsFor(namedEndpoints()))
                .distinct()
                .toList();
    }

    /**
     * Returns the limits that an organization has one meter of: those of {@link #limits()} without what each other
     * endpoint, and each that a pattern matches, is limited to alone.
     *
     * @return the limits in the order of the tables, each once, unmodifiable
     */
    public List<AppliedLimit> namedLimits() {
        return limits().stream()
                .filter(limit -> limit.scope() instanceof Scope.Endpoint || limit.scope() instanceof Scope.Group)
                .toList();
    }

    /**
     * Returns the endpoints that some table names, in the order they are named.
     *
     * @return the names, unmodifiable, without patterns, and without those that are only covered as others
     */
    public Set<String> namedEndpoints() {
        return limitsByName.keySet();
    }

    /**
     * Tells whether a call may name an endpoint.
     *
     * @param endpoint the endpoint
     * @return false if the tier {@linkplain Builder#refuseOtherEndpoints() refuses other endpoints} and no row names
     *     this one, by name or by pattern
     */
    public boolean has(String endpoint) {
        return !refusesOthers
                || limitsByName.containsKey(requireNonNull(endpoint, "endpoint"))
                || tables.stream().anyMatch(table -> table.names(endpoint));
    }

    /**
     * Tells whether the tier {@linkplain Builder#refuseOtherEndpoints() refuses other endpoints}.
     *
     * @return true if it does
     */
    public boolean refusesOtherEndpoints() {
        return refusesOthers;
    }

    /**
     * Returns the name of the tier.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns the account that usage under this tier is written in, within the organization. Tiers of one account share
     * what their tables agree on; tiers of different accounts share nothing.
     *
     * @return the account, {@value #DEFAULT_ACCOUNT} unless stated
     */
    public String account() {
        return account;
    }

    /**
     * Returns the text that goes before the cause in the message of a rejection.
     *
     * @return the text, empty unless stated
     */
    public String message() {
        return message;
    }

    /**
     * Returns the tables.
     *
     * @return the tables in their order, unmodifiable
     */
    public List<LimitTable> tables() {
        return tables;
    }

    /**
     * Returns this tier on another account.
     *
     * @param account the account
     * @return the tier
     * @throws IllegalArgumentException if the account is blank
     */
    public Tier withAccount(String account) {
        return new Tier(name, Arguments.requireName(account, "account"), message, tables, refusesOthers);
    }

    /**
     * Returns this tier with one table more, or with the table of the same name replaced, be it in force and the new
     * one a shadow.
     *
     * @param table the table
     * @return the tier
     */
    public Tier withTable(LimitTable table) {
        requireNonNull(table, "table");
        List<LimitTable> changed = new ArrayList<>(tables);
        int i = indexOf(table.name());
        if (i < 0) {
            changed.add(table);
        } else {
            changed.set(i, table);
        }
        return new Tier(name, account, message, changed, refusesOthers);
    }

    /**
     * Returns this tier without one of its tables.
     *
     * @param table the name of the table
     * @return the tier
     * @throws IllegalArgumentException if there is no such table
     */
    public Tier withoutTable(String table) {
        int i = indexOf(requireNonNull(table, "table"));
        List<String> known =
                tables.stream().map(each -> Printable.name(each.name())).toList();
        Arguments.require(i >= 0, "table", "one of " + known, table);
        List<LimitTable> changed = new ArrayList<>(tables);
        changed.remove(i);
        return new Tier(name, account, message, changed, refusesOthers);
    }

    /**
     * Returns this tier with every limit changed, for example twice the amounts or another precision.
     *
     * @param change makes the limit that takes a limit's place
     * @return the tier
     */
    public Tier withLimits(UnaryOperator<Limit> change) {
        requireNonNull(change, "change");
        List<LimitTable> changed =
                tables.stream().map(table -> table.withLimits(change)).toList();
        return new Tier(name, account, message, changed, refusesOthers);
    }

    private int indexOf(String table) {
        for (int i = 0; i < tables.size(); i++) {
            if (tables.get(i).name().equals(table)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        return other instanceof Tier that
                && hash == that.hash
                && name.equals(that.name)
                && account.equals(that.account)
                && message.equals(that.message)
                && refusesOthers == that.refusesOthers
                && tables.equals(that.tables);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Returns the name, the account and the tables, and whether other endpoints are refused. */
    @Override
    public String toString() {
        String others = refusesOthers ? ", other endpoints refused) " : ") ";
        return Printable.text(Printable.name(name) + " (account " + Printable.name(account) + others + tables);
    }

    /** Builds a {@link Tier}. Not safe for use by many threads. */
    public static final class Builder {

        private final String name;
        private String account = DEFAULT_ACCOUNT;
        private String message = "";
        private final Map<String, LimitTable> tables = new LinkedHashMap<>();
        private final Set<String> tablesOfLimits = new HashSet<>();
        private boolean refusesOthers;

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Sets the account that usage under this tier is written in.
         *
         * @param account the account
         * @return this builder
         * @throws IllegalArgumentException if the account is blank
         */
        public Builder account(String account) {
            this.account = Arguments.requireName(account, "account");
            return this;
        }

        /**
         * Sets the text that goes before the cause in the message of a rejection.
         *
         * @param message the text
         * @return this builder
         */
        public Builder message(String message) {
            this.message = requireNonNull(message, "message");
            return this;
        }

        /**
         * Adds a table.
         *
         * @param table the table
         * @return this builder
         * @throws IllegalArgumentException if there is a table of that name
         */
        public Builder table(LimitTable table) {
            requireNonNull(table, "table");
            requireOwnName(table.name(), !tables.containsKey(table.name()));
            tables.put(table.name(), table);
            return this;
        }

        /**
         * Adds several limits of one endpoint, as vendors print a row of their page:
         *
         * <pre>{@code
         * Tier free = Tier.named("free")
         *     .limits("gemini-2.5-pro", RateLimit.perMinute(2), RateLimit.perMinute(INPUT, 125_000), Quota.perDay(50))
         *     .limits("gemini-2.5-flash", RateLimit.perMinute(10), Quota.perDay(250))
         *     .refuseOtherEndpoints()
         *     .build();
         * }</pre>
         *
         * <p>Each limit becomes a row of the table that is {@linkplain LimitTable#namedAfter named after} it, such as
         * "calls per minute". Limits of the same unit and nominal length, be it a window or a calendar period, share a
         * table, so an endpoint has one of them.
         *
         * @param endpoint the endpoint
         * @param limits its limits, at least one
         * @return this builder
         * @throws IllegalArgumentException if there is a table of such a name that was added by {@link #table}, or if
         *     the endpoint has a limit of that unit and length already
         */
        public Builder limits(String endpoint, Limit... limits) {
            requireNonNull(limits, "limits");
            Arguments.require(limits.length > 0, "limits", "at least one", List.of());
            Map<String, LimitTable> longer = new LinkedHashMap<>();
            for (Limit limit : limits) {
                LimitTable table = LimitTable.namedAfter(limit);
                String name = table.name();
                requireOwnName(name, !tables.containsKey(name) || tablesOfLimits.contains(name));
                LimitTable known = longer.getOrDefault(name, tables.getOrDefault(name, table));
                longer.put(name, known.each(limit, endpoint));
            }
            tables.putAll(longer);
            tablesOfLimits.addAll(longer.keySet());
            return this;
        }

        private static void requireOwnName(String table, boolean isOwn) {
            if (!isOwn) {
                throw new IllegalArgumentException(
                        "table must have a name of its own in the tier: table=" + Printable.name(table));
            }
        }

        /**
         * Refuses calls of endpoints that no row names, by name or by pattern, rows without a limit included. Unless this is called, such an
         * endpoint is unlimited, and so is a slip: "Chat" for "chat". A refused call charges nothing, its cause is
         * {@link EndpointUnknown}, and listeners are not told of it, as of a key that is refused.
         *
         * @return this builder
         */
        public Builder refuseOtherEndpoints() {
            this.refusesOthers = true;
            return this;
        }

        /**
         * Makes the tier. One without tables limits nothing.
         *
         * @return the tier
         * @throws IllegalArgumentException if other endpoints are refused, and a table has a row for other or all
         *     endpoints
         */
        public Tier build() {
            return new Tier(name, account, message, List.copyOf(tables.values()), refusesOthers);
        }
    }
}
