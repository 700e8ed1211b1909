package dev.ratelimit.micrometer;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Cause;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.micrometer.Counters.Name;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;

/**
 * The counters of one tier. Those of decisions and of units are there from the beginning; those of rejections by their
 * limit and cause begin with the first one.
 *
 * <p>A limit is told by names of the tier. What is limited under another name, that of an endpoint which no row names,
 * is told as each other endpoint.
 *
 * <p>Safe for use by many threads. Nothing is allocated to count, but for the counters.
 */
final class TierCounters {

    private static final Name DECISIONS =
            new Name("ratelimit.decisions", "Calls and reservations, by what was decided; and usage that was recorded");
    private static final Name REJECTIONS = new Name("ratelimit.rejections", "Rejections, by the limit and the cause");
    private static final Name SHADOW_REJECTIONS =
            new Name("ratelimit.shadow.rejections", "What shadow tables would have rejected");
    private static final Name UNITS = new Name("ratelimit.units", "Units charged, and given back");
    private static final Name ENDED = new Name("ratelimit.reservations.ended", "Reservations settled or cancelled");

    private static final Scope EACH_OTHER = new Scope.EachOtherEndpoint();

    final DoubleAdder admitted;
    final DoubleAdder rejected;
    final DoubleAdder recorded;

    private final Counters counters;
    private final String tier;
    private final DoubleAdder settled;
    private final DoubleAdder cancelled;
    private final UnitCounters[] units;
    private final Map<String, Map<Scope, LimitCounters>> limits = new HashMap<>();
    private final LimitCounters unknownLimit = new LimitCounters(Counters.NONE, Counters.NONE);
    private final Map<Class<?>, DoubleAdder> otherCauses = new ConcurrentHashMap<>();

    TierCounters(Counters counters, Tier tier) {
        this.counters = counters;
        this.tier = tier.name();
        this.admitted = counter(DECISIONS, "outcome", "admitted");
        this.rejected = counter(DECISIONS, "outcome", "rejected");
        this.recorded = counter(DECISIONS, "outcome", "recorded");
        this.settled = counter(ENDED, "outcome", "settled");
        this.cancelled = counter(ENDED, "outcome", "cancelled");
        this.units = tier.limits().stream()
                .map(applied -> applied.limit().unit())
                .distinct()
                .map(UnitCounters::new)
                .toArray(UnitCounters[]::new);
        for (AppliedLimit applied : tier.limits()) {
            limits.computeIfAbsent(applied.table(), table -> new HashMap<>())
                    .put(applied.scope(), new LimitCounters(applied.table(), nameOf(applied.scope())));
        }
    }

    private static String nameOf(Scope scope) {
        return scope instanceof Scope.Group ? '[' + scope.name() + ']' : scope.name();
    }

    private DoubleAdder counter(Name name, String... tags) {
        String[] all = new String[tags.length + 2];
        all[0] = "tier";
        all[1] = tier;
        System.arraycopy(tags, 0, all, 2, tags.length);
        return counters.of(name, all);
    }

    void charged(Usage usage) {
        for (UnitCounters each : units) {
            each.charged.add((double) usage.amountOf(each.unit));
        }
    }

    void settled(Usage estimate, Usage actual) {
        settled.add(1);
        for (UnitCounters each : units) {
            if (actual.states(each.unit)) {
                long more = actual.amountOf(each.unit) - estimate.amountOf(each.unit);
                (more > 0 ? each.settled : each.refunded).add((double) Math.abs(more));
            }
        }
    }

    void cancelled(Usage estimate) {
        cancelled.add(1);
        for (UnitCounters each : units) {
            each.refunded.add((double) estimate.amountOf(each.unit));
        }
    }

    void rejected(Cause cause) {
        rejected.add(1);
        if (cause instanceof LimitReached reached) {
            limit(reached.applied()).refused(reached.tooLarge()).add(1);
        } else {
            DoubleAdder known = otherCauses.get(cause.getClass());
            (known != null ? known : otherCauses.computeIfAbsent(cause.getClass(), this::rejections)).add(1);
        }
    }

    private DoubleAdder rejections(Class<?> cause) {
        return rejections(Counters.NONE, Counters.NONE, Causes.nameOf(cause));
    }

    private DoubleAdder rejections(String table, String scope, String cause) {
        return counter(REJECTIONS, "table", table, "scope", scope, "cause", cause);
    }

    void shadowRejected(Rejected rejected) {
        (rejected.cause() instanceof LimitReached reached ? limit(reached.applied()) : unknownLimit)
                .shadow()
                .add(1);
    }

    private LimitCounters limit(AppliedLimit applied) {
        Map<Scope, LimitCounters> scopes = limits.get(applied.table());
        if (scopes == null) {
            return unknownLimit;
        }
        LimitCounters named = scopes.get(applied.scope());
        return named != null ? named : scopes.getOrDefault(EACH_OTHER, unknownLimit);
    }

    /** The counters of what one unit's limits were charged. */
    private final class UnitCounters {

        final Unit unit;
        final DoubleAdder charged;
        final DoubleAdder settled;
        final DoubleAdder refunded;

        UnitCounters(Unit unit) {
            this.unit = unit;
            this.charged = counter(UNITS, "unit", unit.name(), "kind", "charged");
            this.settled = counter(UNITS, "unit", unit.name(), "kind", "settled");
            this.refunded = counter(UNITS, "unit", unit.name(), "kind", "refunded");
        }
    }

    /** The counters of what one limit refuses, each made with the first refusal. */
    private final class LimitCounters {

        private final String table;
        private final String scope;
        private volatile @Nullable DoubleAdder reached;
        private volatile @Nullable DoubleAdder tooLarge;
        private volatile @Nullable DoubleAdder shadow;

        LimitCounters(String table, String scope) {
            this.table = table;
            this.scope = scope;
        }

        DoubleAdder refused(boolean isTooLarge) {
            DoubleAdder known = isTooLarge ? tooLarge : reached;
            if (known == null) {
                known = rejections(table, scope, isTooLarge ? Causes.TOO_LARGE : Causes.REACHED);
                if (isTooLarge) {
                    tooLarge = known;
                } else {
                    reached = known;
                }
            }
            return known;
        }

        DoubleAdder shadow() {
            DoubleAdder known = shadow;
            if (known == null) {
                known = counter(SHADOW_REJECTIONS, "table", table);
                shadow = known;
            }
            return known;
        }
    }
}
