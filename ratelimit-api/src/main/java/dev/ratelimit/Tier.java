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
import java.util.Optional;
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
 * former)}, in memory or on Redis, charges what the former tier's limits count.
 */
public final class Tier {

    /** The account of a tier that names none. */
    public static final String DEFAULT_ACCOUNT = "default";

    private final String name;
    private final String account;
    private final String message;
    private final List<LimitTable> tables;
    private final boolean refusesOthers;
    private final Map<String, Tier> members;

    /* Derived from the tables: what limitsFor answers for every endpoint that one of them names. */
    private final Map<String, List<AppliedLimit>> limitsByName;
    /* 0 until it is asked for, since the hash of records is slow when an application starts. Races write one value. */
    private int hash;

    private Tier(
            String name,
            String account,
            String message,
            List<LimitTable> tables,
            boolean refusesOthers,
            Map<String, Tier> members) {
        this.name = name;
        this.account = account;
        this.message = message;
        this.tables = List.copyOf(tables);
        this.refusesOthers = refusesOthers;
        this.members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        if (refusesOthers) {
            tables.forEach(Tier::requireNoOthers);
        }
        Map<String, List<AppliedLimit>> limits = new LinkedHashMap<>();
        for (LimitTable table : tables) {
            for (String endpoint : table.namedEndpoints()) {
                if (!limits.containsKey(endpoint)) {
                    limits.put(endpoint, resolve(endpoint));
                }
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
        List<AppliedLimit> limits = new ArrayList<>(tables.size());
        for (LimitTable table : tables) {
            Optional<AppliedLimit> limit = table.limitFor(endpoint);
            if (limit.isPresent()) {
                limits.add(limit.get());
            }
        }
        return List.copyOf(limits);
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
     * Returns the tiers that each member of an organization on this tier has, unless its {@link Caller} gives it
     * another one.
     *
     * @return the tiers by the kind of the members, unmodifiable
     */
    public Map<String, Tier> members() {
        return members;
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
        return new Tier(name, Arguments.requireName(account, "account"), message, tables, refusesOthers, members);
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
        return new Tier(name, account, message, changed, refusesOthers, members);
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
        return new Tier(name, account, message, changed, refusesOthers, members);
    }

    /**
     * Returns this tier with every limit changed, those of its members' tiers included, for example twice the amounts
     * or another precision.
     *
     * @param change makes the limit that takes a limit's place
     * @return the tier
     */
    public Tier withLimits(UnaryOperator<Limit> change) {
        requireNonNull(change, "change");
        List<LimitTable> changed =
                tables.stream().map(table -> table.withLimits(change)).toList();
        Map<String, Tier> ofMembers = new LinkedHashMap<>(members);
        ofMembers.replaceAll((kind, tier) -> tier.withLimits(change));
        return new Tier(name, account, message, changed, refusesOthers, ofMembers);
    }

    /**
     * Returns this tier with a tier for members of a kind, in the place of the one that it had for that kind, if any.
     *
     * @param kind what the members are, such as {@code user}
     * @param tier the tier of each of them, which states no account and no members
     * @return the tier
     * @throws IllegalArgumentException if the kind is no {@linkplain Member word}, or if the tier states an account or
     *     members
     */
    public Tier withMember(String kind, Tier tier) {
        Map<String, Tier> more = new LinkedHashMap<>(members);
        more.put(Member.requireKind(kind), requireOfMembers(tier));
        return new Tier(name, account, message, tables, refusesOthers, more);
    }

    /** Requires a tier that members can have: they are flat, and what they use is in their organization's account. */
    static Tier requireOfMembers(Tier tier) {
        boolean isPlain = tier.account.equals(DEFAULT_ACCOUNT) && tier.members.isEmpty();
        Arguments.require(
                isPlain, "tier", "without an account and members of its own, as a tier of members", tier.name);
        return tier;
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
                && hashCode() == that.hashCode()
                && name.equals(that.name)
                && account.equals(that.account)
                && message.equals(that.message)
                && refusesOthers == that.refusesOthers
                && tables.equals(that.tables)
                && members.equals(that.members);
    }

    @Override
    public int hashCode() {
        int known = hash;
        if (known == 0) {
            int named = 31 * name.hashCode() + account.hashCode();
            known = 31 * (31 * named + tables.hashCode()) + members.hashCode();
            hash = known;
        }
        return known;
    }

    /** Returns the name, the account, the tables and the members, and whether other endpoints are refused. */
    @Override
    public String toString() {
        String others = refusesOthers ? ", other endpoints refused) " : ") ";
        String ofMembers = members.isEmpty() ? "" : " members " + members;
        return Printable.text(
                Printable.name(name) + " (account " + Printable.name(account) + others + tables + ofMembers);
    }

    /** Builds a {@link Tier}. Not safe for use by many threads. */
    public static final class Builder {

        private final String name;
        private String account = DEFAULT_ACCOUNT;
        private String message = "";
        private final Map<String, LimitTable> tables = new LinkedHashMap<>();
        private final Set<String> tablesOfLimits = new HashSet<>();
        private final Map<String, Tier> members = new LinkedHashMap<>();
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
         * Refuses calls of endpoints that no row names, by name or by pattern, rows without a limit included. Unless
         * this is called, such an endpoint is unlimited, and so is a slip: "Chat" for "chat". A refused call charges
         * nothing, its cause is {@link EndpointUnknown}, and listeners are not told of it, as of a key that is refused.
         *
         * @return this builder
         */
        public Builder refuseOtherEndpoints() {
            this.refusesOthers = true;
            return this;
        }

        /**
         * Sets what each member of a kind is limited to, within an organization on this tier: each user, each project,
         * or with {@value Member#KEY} each API key. A member of a kind that no tier says anything about is not limited.
         *
         * <pre>{@code
         * Tier trial = Tier.named("trial")
         *     .table(LimitTable.named("calls per minute").allTogether(RateLimit.perMinute(100)))
         *     .member("user", Tier.named("each user")
         *         .table(LimitTable.named("calls per user").allTogether(RateLimit.perMinute(10)))
         *         .build())
         *     .build();
         * }</pre>
         *
         * @param kind what the members are
         * @param tier the tier of each of them, which states no account and no members
         * @return this builder
         * @throws IllegalArgumentException if there is a tier for that kind, if the kind is no {@linkplain Member
         *     word}, or if the tier states an account or members
         */
        public Builder member(String kind, Tier tier) {
            Member.requireKind(kind);
            Arguments.require(!members.containsKey(kind), "kind", "one that has no tier yet", kind);
            members.put(kind, requireOfMembers(tier));
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
            return new Tier(name, account, message, List.copyOf(tables.values()), refusesOthers, members);
        }
    }
}
