package dev.ratelimit.micrometer;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Cause;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.micrometer.Counters.Name;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The counters of one tier. Those of decisions, of reservations and of units are there from the beginning; those of
 * rejections by their limit and cause, and of waits, begin with the first one.
 *
 * <p>Safe for use by many threads. A rejection allocates the key of its limit, and nothing else is allocated to count.
 */
final class TierCounters {

    private static final Name DECISIONS =
            new Name("ratelimit.decisions", "Calls and reservations, by what was decided; and usage that was recorded");
    private static final Name REJECTIONS = new Name("ratelimit.rejections", "Rejections, by the limit and the cause");
    private static final Name SHADOW_REJECTIONS =
            new Name("ratelimit.shadow.rejections", "What shadow tables would have rejected");
    private static final Name UNITS = new Name("ratelimit.units", "Units charged, and given back");
    private static final Name ENDED = new Name("ratelimit.reservations.ended", "Reservations settled or cancelled");
    private static final Name OPEN =
            new Name("ratelimit.reservations.open", "Reservations that are neither settled nor cancelled");
    private static final Name WAIT =
            new Name("ratelimit.wait", "How long calls waited that were ready to wait, by what was decided at last");

    private static final LimitName NO_LIMIT = new LimitName(Counters.NONE, Counters.NONE, Counters.NONE);

    final DoubleAdder admitted;
    final DoubleAdder rejected;
    final DoubleAdder recorded;
    final DoubleAdder reserved;

    private final Counters counters;
    private final String tier;
    private final DoubleAdder settled;
    private final DoubleAdder cancelled;
    private final UnitCounters[] units;
    private final Map<LimitName, LimitCounters> limits = new ConcurrentHashMap<>();
    private final Map<Class<?>, DoubleAdder> otherCauses = new ConcurrentHashMap<>();
    private final Map<String, Counters.Times> waits = new ConcurrentHashMap<>();

    TierCounters(Counters counters, Tier tier) {
        this.counters = counters;
        this.tier = tier.name();
        this.admitted = counter(DECISIONS, "outcome", "admitted");
        this.rejected = counter(DECISIONS, "outcome", "rejected");
        this.recorded = counter(DECISIONS, "outcome", "recorded");
        this.settled = counter(ENDED, "outcome", "settled");
        this.cancelled = counter(ENDED, "outcome", "cancelled");
        this.reserved = counters.less(List.of(settled, cancelled), OPEN, "tier", this.tier);
        this.units = Stream.concat(Stream.of(tier), tier.members().values().stream())
                .flatMap(each -> each.limits().stream())
                .map(applied -> applied.limit().unit())
                .distinct()
                .map(UnitCounters::new)
                .toArray(UnitCounters[]::new);
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

    void waited(Decision decision, Duration time) {
        String outcome = decision.isAdmitted() ? "admitted" : "rejected";
        waits.computeIfAbsent(outcome, none -> counters.times(WAIT, "tier", tier, "outcome", outcome))
                .record(time);
    }

    /** Counts a rejection by a limit, whose scope has a name in tags. */
    void rejected(LimitReached reached, String scope) {
        rejected.add(1);
        limit(reached.applied(), scope).refused(reached.tooLarge()).add(1);
    }

    /** Counts a rejection that no limit made. */
    void rejected(Cause cause) {
        rejected.add(1);
        DoubleAdder known = otherCauses.get(cause.getClass());
        (known != null ? known : otherCauses.computeIfAbsent(cause.getClass(), this::rejections)).add(1);
    }

    private DoubleAdder rejections(Class<?> cause) {
        return rejections(NO_LIMIT, Causes.nameOf(cause));
    }

    private DoubleAdder rejections(LimitName limit, String cause) {
        return counter(REJECTIONS, "member", limit.member, "table", limit.table, "scope", limit.scope, "cause", cause);
    }

    /** Counts what a limit of a shadow table would have rejected. */
    void shadowRejected(AppliedLimit applied, String scope) {
        limit(applied, scope).shadow().add(1);
    }

    private LimitCounters limit(AppliedLimit applied, String scope) {
        String member = applied.member().map(Member::kind).orElse(Counters.NONE);
        return limits.computeIfAbsent(new LimitName(member, applied.table(), scope), LimitCounters::new);
    }

    /** A limit as tags tell it: the kind of the member that it limits, the table, and the name of the scope. */
    private record LimitName(String member, String table, String scope) {}

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

        private final LimitName limit;
        private volatile @Nullable DoubleAdder reached;
        private volatile @Nullable DoubleAdder tooLarge;
        private volatile @Nullable DoubleAdder shadow;

        LimitCounters(LimitName limit) {
            this.limit = limit;
        }

        DoubleAdder refused(boolean isTooLarge) {
            DoubleAdder known = isTooLarge ? tooLarge : reached;
            if (known == null) {
                known = rejections(limit, isTooLarge ? Causes.TOO_LARGE : Causes.REACHED);
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
                known = counter(SHADOW_REJECTIONS, "member", limit.member, "table", limit.table);
                shadow = known;
            }
            return known;
        }
    }
}
