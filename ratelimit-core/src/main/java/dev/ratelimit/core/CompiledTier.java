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
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A tier compiled for decisions: the limits of each endpoint, in the order of charging.
 *
 * <p>Organizations on equal tiers share one compiled tier. So it holds what the tier names. What callers name is held
 * by the organizations that they call for. Immutable, except for a weak cache of unlisted endpoints; safe for use by
 * many threads.
 */
final class CompiledTier {

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES_OF_UNLISTED = 200;
    private static final long BYTES_OF_UNLISTED_RULE = 160;

    /** An endpoint that no table names. */
    static final class Unlisted {

        /** The name that its meters have. */
        final String name;

        final CompiledLimit[] limits;

        /** Tells the compiled tier that the limits are of. */
        private final CompiledLimit[] overflow;

        private final @Nullable Unlisted former;

        Unlisted(String name, CompiledLimit[] overflow, CompiledLimit[] limits, @Nullable Unlisted former) {
            this.name = name;
            this.overflow = overflow;
            this.limits = limits;
            this.former = former;
        }

        /** Returns its limits under a compiled tier; null if it has none under that. */
        CompiledLimit @Nullable [] under(CompiledTier compiled) {
            for (Unlisted each = this; each != null; each = each.former) {
                if (each.overflow == compiled.overflow) {
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
            Unlisted only = last.former == null ? last : new Unlisted(name, last.overflow, last.limits, null);
            return new Unlisted(name, overflow, limits, only);
        }
    }

    final Tier tier;

    /** The compiled forms of all limits that the tier names, in the order of {@link Tier#namedLimits()}. */
    final Map<AppliedLimit, CompiledLimit> limits;

    /**
     * The limits of the overflow row, in the order of charging. Each endpoint that no table names has the same limits,
     * in its own scope where these have the scope of the overflow row.
     */
    final CompiledLimit[] overflow;

    private final Map<String, Integer> orders = new HashMap<>();
    private final Map<String, CompiledLimit[]> named = new HashMap<>();

    /**
     * Whether the endpoints that no table names share all their limits. Those are the limits of the overflow row then.
     */
    private final boolean othersShare;

    private final WeakValues<String, Unlisted> unlisted;

    CompiledTier(Tier tier, WeakValues.Collected collected) {
        this.tier = tier;
        this.unlisted = new WeakValues<>(collected);
        for (LimitTable table : tier.tables()) {
            orders.put(table.name(), orders.size());
        }
        Map<AppliedLimit, CompiledLimit> made = new LinkedHashMap<>();
        tier.namedLimits().forEach(limit -> made.put(limit, rule(limit)));
        this.limits = Collections.unmodifiableMap(made);
        for (String endpoint : tier.namedEndpoints()) {
            named.put(endpoint, inOrder(tier.limitsFor(endpoint).stream().map(made::get)));
        }
        this.overflow = inOrder(tier.limitsFor(unlistedName()).stream().map(this::overflowLimit));
        this.othersShare = Arrays.stream(overflow).allMatch(limit -> limit.key.scope() instanceof Scope.Group);
    }

    /** Returns a name that no table names: that of the overflow row, or a longer one. */
    private String unlistedName() {
        StringBuilder name = new StringBuilder(Scope.Endpoint.OVERFLOW.name());
        while (named.containsKey(name.toString())) {
            name.append('+');
        }
        return name.toString();
    }

    private CompiledLimit overflowLimit(AppliedLimit limit) {
        CompiledLimit shared = limits.get(limit);
        return shared != null ? shared : rule(limit).of(Scope.Endpoint.OVERFLOW);
    }

    private CompiledLimit rule(AppliedLimit limit) {
        return new CompiledLimit(
                MeterKey.of(tier.account(), limit), limit, requireNonNull(orders.get(limit.table()), "table"));
    }

    /**
     * Returns the limits of an endpoint, in the order of charging; null if they depend on the names that an
     * organization has.
     */
    CompiledLimit @Nullable [] find(String endpoint) {
        CompiledLimit[] known = named.get(endpoint);
        return known != null ? known : othersShare ? overflow : null;
    }

    /** Returns an unlisted endpoint by the name of its meters: one object for all organizations that hold it. */
    Unlisted unlisted(String name) {
        return unlisted.get(name, same -> new Unlisted(same, overflow, limitsOf(same), null));
    }

    /** Makes the limits of an unlisted endpoint, by the name of its meters. */
    CompiledLimit[] limitsOf(String name) {
        Scope.Endpoint scope = new Scope.Endpoint(name);
        return Arrays.stream(overflow)
                .map(limit -> limit.key.scope() instanceof Scope.Group ? limit : limit.of(scope))
                .toArray(CompiledLimit[]::new);
    }

    /** Estimates the heap of the unlisted endpoints, in bytes, without those that share all their limits. */
    long estimatedBytes() {
        return unlisted.size() * (BYTES_OF_UNLISTED + overflow.length * BYTES_OF_UNLISTED_RULE);
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
