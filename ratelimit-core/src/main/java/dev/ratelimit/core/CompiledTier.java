package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.MeterKey;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tier compiled for decisions: the limits of each endpoint, in the order of charging.
 *
 * <p>Organizations on equal tiers share one compiled tier. So it holds what the tier names. What callers name is held
 * by the organizations that they call for. Immutable, except for what is made when it is first asked for: the overflow
 * of some rows, and a weak cache of unlisted endpoints. Safe for use by many threads.
 *
 * <p>An endpoint that no table names exactly falls under a row of each table, by a pattern or as another endpoint.
 * Endpoints that fall under the same rows have the same overflow. It is found by a tree with a level for each table
 * with patterns.
 */
final class CompiledTier implements HeldTier {

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES_OF_UNLISTED = 200;
    private static final long BYTES_OF_UNLISTED_RULE = 160;

    /** An endpoint that no table names. */
    static final class Unlisted {

        /** The name that its meters have. */
        final String name;

        final CompiledLimit[] limits;

        /** Tells the compiled tier that the limits are of. */
        private final Object identity;

        private final @Nullable Unlisted former;

        Unlisted(String name, Object identity, CompiledLimit[] limits, @Nullable Unlisted former) {
            this.name = name;
            this.identity = identity;
            this.limits = limits;
            this.former = former;
        }

        /** Returns its limits under a compiled tier; null if it has none under that. */
        CompiledLimit @Nullable [] under(CompiledTier compiled) {
            for (Unlisted each = this; each != null; each = each.former) {
                if (each.identity == compiled.identity) {
                    return each.limits;
                }
            }
            return null;
        }

        /**
         * Returns this endpoint as it is known under this compiled tier and the last one: an organization may call
         * under two in turn.
         */
        Unlisted after(Unlisted last) {
            Unlisted only = last.former == null ? last : new Unlisted(name, last.identity, last.limits, null);
            return new Unlisted(name, identity, limits, only);
        }
    }

    /** What endpoints share that fall under the same rows, beyond the bound of their number or always. */
    static final class Overflow {

        /** The limits in the order of charging. */
        final CompiledLimit[] limits;

        /** Whether such endpoints share all their limits, since they are those of groups. */
        final boolean isShared;

        private Overflow(CompiledLimit[] limits) {
            this.limits = limits;
            this.isShared = Arrays.stream(limits).allMatch(limit -> limit.key.scope() instanceof Scope.Group);
        }
    }

    /** A node of the tree of overflows: the rows of some tables. The last level has the overflows. */
    private static final class Node {

        final AtomicReferenceArray<@Nullable Node> next;

        volatile @Nullable Overflow overflow;

        Node(int rows) {
            this.next = new AtomicReferenceArray<>(rows);
        }

        Node next(int row, int rows) {
            Node known = next.get(row);
            if (known == null) {
                next.compareAndSet(row, null, new Node(rows));
                known = requireNonNull(next.get(row));
            }
            return known;
        }
    }

    final Tier tier;

    /** What other tiers may have alike. */
    final TierShape shape;

    private final String account;

    /** The compiled forms of all limits that the tier names, in the order of {@link Tier#namedLimits()}. */
    final Map<AppliedLimit, CompiledLimit> limits;

    /** Stands for this object in what may outlive it. */
    final Object identity = new Object();

    private final Map<String, CompiledLimit[]> named = new HashMap<>();
    private final Map<String, Integer> orders = new HashMap<>();
    private final Patterns[] patterns;
    private final Node overflows;
    private final Map<List<AppliedLimit>, Overflow> overflowsByLimits = new ConcurrentHashMap<>();

    /** The overflow of all endpoints that no table names, if they share all their limits; otherwise null. */
    private final @Nullable Overflow shared;

    private final WeakValues<String, Unlisted> unlisted;

    /**
     * Compiles a tier.
     *
     * @param account that of the tier; for members that of their organization's tier
     */
    CompiledTier(Tier tier, String account, WeakValues.Collected collected) {
        this.tier = tier;
        this.shape = new TierShape(tier, account);
        this.account = account;
        this.unlisted = new WeakValues<>(collected);
        this.patterns = Patterns.of(tier);
        this.overflows = new Node(patterns.length == 0 ? 0 : patterns[0].rows);
        for (LimitTable table : tier.tables()) {
            orders.put(table.name(), orders.size());
        }
        Map<AppliedLimit, CompiledLimit> made = new LinkedHashMap<>();
        tier.namedLimits().forEach(limit -> made.put(limit, rule(limit)));
        this.limits = Collections.unmodifiableMap(made);
        for (String endpoint : tier.namedEndpoints()) {
            named.put(endpoint, inOrder(tier.limitsFor(endpoint).stream().map(made::get)));
        }
        Overflow others = patterns.length == 0 ? overflow(unlistedName()) : null;
        this.shared = others != null && others.isShared ? others : null;
    }

    /** Tells whether this is the compiled form of this very tier. An equal one is compared by the organization. */
    @SuppressWarnings("ReferenceEquality")
    boolean isOf(Tier other) {
        return tier == other;
    }

    /** Tells whether a tier differs from this one in amounts only. */
    boolean hasShapeOf(Tier other, String itsAccount) {
        return shape.isOf(other, itsAccount);
    }

    /** Returns a name that no table names: that of the overflow row, or a longer one. */
    private String unlistedName() {
        StringBuilder name = new StringBuilder(Scope.Endpoint.OVERFLOW.name());
        while (named.containsKey(name.toString())) {
            name.append('+');
        }
        return name.toString();
    }

    /** Returns the overflow of an endpoint that no table names exactly. */
    Overflow overflow(String endpoint) {
        if (patterns.length > 0 && endpoint.startsWith("(") && new Scope.Endpoint(endpoint).isOverflow()) {
            return overflow(tier.overflowFor(endpoint)); // a row of its own, whatever matches its name
        }
        Node node = overflows;
        for (int i = 0; i < patterns.length; i++) {
            node = node.next(patterns[i].rowOf(endpoint), i + 1 < patterns.length ? patterns[i + 1].rows : 0);
        }
        Overflow known = node.overflow;
        if (known == null) {
            known = overflow(tier.overflowFor(endpoint));
            node.overflow = known;
        }
        return known;
    }

    private Overflow overflow(List<AppliedLimit> applied) {
        return overflowsByLimits.computeIfAbsent(
                applied, same -> new Overflow(inOrder(same.stream().map(this::overflowLimit))));
    }

    private CompiledLimit overflowLimit(AppliedLimit limit) {
        CompiledLimit known = limits.get(limit);
        return known != null ? known : rule(limit);
    }

    private CompiledLimit rule(AppliedLimit limit) {
        int order = requireNonNull(orders.get(limit.table()), "table");
        return new CompiledLimit(MeterKey.of(account, limit), limit, order, tier.message());
    }

    /** Tells whether a table names an endpoint exactly. */
    boolean names(String endpoint) {
        return named.containsKey(endpoint);
    }

    /**
     * Returns the limits of an endpoint, in the order of charging; null if they depend on its name or on the names that
     * an organization has.
     */
    CompiledLimit @Nullable [] find(String endpoint) {
        CompiledLimit[] known = named.get(endpoint);
        return known != null || shared == null ? known : shared.limits;
    }

    /** Returns an unlisted endpoint by the name of its meters: one object for all organizations that hold it. */
    Unlisted unlisted(String name, Overflow overflow) {
        return unlisted.get(name, same -> new Unlisted(same, identity, limitsOf(same, overflow), null));
    }

    /** Makes the limits of an unlisted endpoint, by the name of its meters. */
    static CompiledLimit[] limitsOf(String name, Overflow overflow) {
        Scope.Endpoint scope = new Scope.Endpoint(name);
        return Arrays.stream(overflow.limits)
                .map(limit -> limit.key.scope() instanceof Scope.Group ? limit : limit.of(scope))
                .toArray(CompiledLimit[]::new);
    }

    /** Estimates the heap of the unlisted endpoints, in bytes, without those that share all their limits. */
    long estimatedBytes() {
        return unlisted.stream()
                .mapToLong(endpoint -> BYTES_OF_UNLISTED + endpoint.limits.length * BYTES_OF_UNLISTED_RULE)
                .sum();
    }

    /**
     * Sorts limits into the order of charging: first those that can refuse, by ascending span, then shadows in the
     * order of the tables.
     */
    private static CompiledLimit[] inOrder(Stream<CompiledLimit> limits) {
        CompiledLimit[] sorted = limits.toArray(CompiledLimit[]::new);
        Comparator<CompiledLimit> shadowsLast = Comparator.comparing(limit -> limit.shadow);
        Arrays.sort(sorted, shadowsLast.thenComparingLong(limit -> limit.shadow ? limit.order : limit.windowNanos));
        return sorted;
    }
}
