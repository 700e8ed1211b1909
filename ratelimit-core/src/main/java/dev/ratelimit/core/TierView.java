package dev.ratelimit.core;

import static java.util.Comparator.comparingInt;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntToLongFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An organization's meters as one tier numbers them, and the decisions over them.
 *
 * <p>A call with several limits first looks at all of them, so that a refusal names the one that refuses longest and writes nothing;
 * then it charges them in ascending order of span, and gives back what it has charged if another call took the last unit in
 * between. Until then that call's units count: a call that shares a meter with it may be refused although it would have fitted.
 *
 * <p>The limits of shadow tables come last, each by itself, so that none of them is charged for a call which is refused after all.
 */
final class TierView {

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Meter[].class);

    /* As measured on a JVM that compresses pointers. */
    private static final long BYTES = 64;
    private static final long BYTES_OF_SLOT = 4;
    private static final long BYTES_OF_LINE = 330;

    final Plan plan;
    final @Nullable TierView older;
    final int depth;

    final Organization organization;
    private final Organizations organizations;
    private final Clocks clocks;

    /* The meters of the endpoints that the tier names, by slot; filled in when first needed, always from the organization's map. */
    private final Meter[] meters;

    /* Kept apart, so that an endpoint that one caller makes up does not widen the array. Made with the first of them. */
    private volatile @Nullable ConcurrentHashMap<String, Line> unlisted;

    /** The rules of one endpoint, in the order of charging, and the array that their slots number. */
    static final class Line {

        final Rule[] rules;
        final Meter[] meters;

        Line(Rule[] rules, Meter[] meters) {
            this.rules = rules;
            this.meters = meters;
        }
    }

    TierView(Plan plan, Organization organization, @Nullable TierView older) {
        this.plan = plan;
        this.organization = organization;
        this.organizations = organization.organizations;
        this.clocks = organizations.clocks;
        this.older = older;
        this.depth = older == null ? 1 : older.depth + 1;
        this.meters = new Meter[plan.slots];
    }

    boolean isFor(Tier tier) {
        return plan.tier.equals(tier);
    }

    Decision tryAcquire(Line line, Usage usage) {
        return charge(line.rules, line.meters, usage, null);
    }

    /* Takes rules and meters apart, where others ask for a line: that one would be allocated on every call. */
    Decision tryAcquire(String endpoint, Usage usage) {
        Rule[] rules = plan.named(endpoint);
        if (rules != null) {
            return charge(rules, meters, usage, null);
        }
        return tryAcquire(unlisted(endpoint), usage);
    }

    Reservation reserve(String endpoint, Usage estimate) {
        Line line = line(endpoint);
        Charge charge = new Charge(organization, line.rules, line.meters, estimate);
        Decision decision = charge(charge, estimate);
        return decision instanceof Admitted admitted
                ? new AdmittedReservation(plan.tier, admitted, charge.without(admitted.shadowRejections()))
                : Reservation.rejected((Rejected) decision);
    }

    /** Charges all limits of a charge or none, and notes in it where. */
    Decision charge(Charge more, Usage usage) {
        return charge(more.rules, more.meters, usage, more.places);
    }

    /** Charges all limits or none, and notes where, unless nobody will ask. */
    private Decision charge(Rule[] rules, Meter[] meters, Usage usage, Meter.Place @Nullable [] places) {
        long now = clocks.nanoTime();
        Rejected rejected = rules.length > 1 ? look(rules, meters, usage, now) : null;
        if (rejected == null) {
            rejected = chargeFrom(0, rules, meters, usage, now, places);
        }
        Decision decision = rejected != null
                ? rejected
                : !plan.shadows ? Decision.admitted() : chargeShadows(rules, meters, usage, now, places);
        organizations.lookInTime(now);
        return decision;
    }

    private Admitted chargeShadows(
            Rule[] rules, Meter[] meters, Usage usage, long now, Meter.Place @Nullable [] places) {
        return admitted(rules, i -> {
            Meter meter = meter(meters, rules[i]);
            long receipt = meter.charge(rules[i], usage.amountOf(rules[i].unit), now);
            if (receipt >= 0 && places != null) {
                places[i] = meter.place(receipt);
            }
            return receipt;
        });
    }

    /** Admits what shadows say nothing against. Each is asked, by its place, for a receipt or the complement of its wait. */
    private Admitted admitted(Rule[] rules, IntToLongFunction shadow) {
        List<Rejected> rejections = new ArrayList<>();
        for (int i = 0; i < rules.length; i++) {
            long receipt = rules[i].shadow ? shadow.applyAsLong(i) : 0;
            if (receipt < 0) {
                rejections.add(rejected(rules[i], ~receipt));
            }
        }
        return rejections.isEmpty() ? Decision.admitted() : new Admitted(rejections);
    }

    /** Tells listeners which limits of an endpoint an admitted call that began at some time has brought near. */
    void tellNear(
            String endpoint,
            List<Rejected> notCharged,
            ToLongFunction<Unit> charged,
            long began,
            Listeners listeners,
            Caller caller) {
        Line line = line(endpoint);
        NearLimits near = organization.near();
        for (Rule rule : line.rules) {
            long units = rule.isCauseOf(notCharged) ? 0 : charged.applyAsLong(rule.unit);
            near.charged(rule, meter(line.meters, rule), units, began, listeners, caller, endpoint);
        }
    }

    Decision peek(String endpoint, Usage usage) {
        Line line = line(endpoint);
        long now = clocks.nanoTime();
        Rejected rejected = look(line.rules, line.meters, usage, now);
        if (rejected != null) {
            return rejected;
        }
        return admitted(line.rules, i -> {
            Rule rule = line.rules[i];
            long wait = meter(line.meters, rule).look(rule, usage.amountOf(rule.unit), now);
            return wait == 0 ? 0 : ~wait;
        });
    }

    List<LimitStatus> status(String endpoint) {
        Line line = line(endpoint);
        long now = clocks.nanoTime();
        return Arrays.stream(line.rules)
                .sorted(comparingInt(rule -> rule.order))
                .map(rule -> meter(line.meters, rule).status(rule, now))
                .toList();
    }

    /** Estimates the heap that this view takes, with what it has made for endpoints that no table names. */
    long estimatedBytes() {
        ConcurrentHashMap<String, Line> lines = unlisted;
        return BYTES + BYTES_OF_SLOT * meters.length + (lines == null ? 0 : BYTES_OF_LINE * lines.size());
    }

    /** Returns all limits of the tier, and behind them those of other endpoints of which something is used or granted. */
    List<LimitStatus> status() {
        long now = clocks.nanoTime();
        Tier tier = plan.tier;
        Stream<LimitStatus> known = status(tier.limits().stream(), now);
        Stream<AppliedLimit> others = organization.meteredEndpoints(tier).stream()
                .filter(endpoint -> !tier.namedEndpoints().contains(endpoint))
                .flatMap(endpoint -> tier.limitsFor(endpoint).stream())
                .filter(limit -> limit.scope() instanceof Scope.Endpoint);
        Stream<LimitStatus> touched = status(others, now).filter(status -> status.used() > 0 || status.granted() > 0);
        return Stream.concat(known, touched).toList();
    }

    private Stream<LimitStatus> status(Stream<AppliedLimit> limits, long now) {
        return limits.map(limit -> organization.status(Rule.of(plan.tier, limit), now));
    }

    /** Returns the refusal of the limit that refuses longest, null if none does. */
    private @Nullable Rejected look(Rule[] rules, Meter[] meters, Usage usage, long now) {
        Rule longest = null;
        long longestWait = 0;
        for (Rule rule : rules) {
            if (rule.shadow) {
                break;
            }
            long wait = meter(meters, rule).look(rule, usage.amountOf(rule.unit), now);
            if (wait > longestWait || (longest != null && wait == longestWait && rule.order < longest.order)) {
                longest = rule;
                longestWait = wait;
            }
        }
        return longest == null ? null : rejected(longest, longestWait);
    }

    /** Charges the limits from the i-th on but shadows, all or none; the call stack keeps the receipts. */
    private @Nullable Rejected chargeFrom(
            int i, Rule[] rules, Meter[] meters, Usage usage, long now, Meter.Place @Nullable [] places) {
        if (i == rules.length || rules[i].shadow) {
            return null;
        }
        Rule rule = rules[i];
        Meter meter = meter(meters, rule);
        long units = usage.amountOf(rule.unit);
        long receipt = meter.charge(rule, units, now);
        if (receipt < 0) {
            return rejected(rule, ~receipt);
        }
        Rejected rejected = chargeFrom(i + 1, rules, meters, usage, now, places);
        if (rejected != null) {
            meter.refund(meter.place(receipt), units);
        } else if (places != null) {
            places[i] = meter.place(receipt);
        }
        return rejected;
    }

    private Rejected rejected(Rule rule, long wait) {
        String notice = plan.tier.message();
        return wait == Meter.NEVER ? Rejected.forGood(rule.cause, notice) : Rejected.forNanos(rule.cause, notice, wait);
    }

    Line line(String endpoint) {
        Rule[] named = plan.named(endpoint);
        return named != null ? new Line(named, meters) : unlisted(endpoint);
    }

    private Line unlisted(String endpoint) {
        Line line = knownLine(endpoint);
        if (line != null) {
            return line;
        }
        String name = organization.meteredName(endpoint);
        line = knownLine(name);
        return line != null ? line : addLine(name);
    }

    private @Nullable Line knownLine(String name) {
        ConcurrentHashMap<String, Line> lines = unlisted;
        return lines == null ? null : lines.get(name);
    }

    private synchronized Line addLine(String name) {
        ConcurrentHashMap<String, Line> lines = unlisted;
        if (lines == null) {
            lines = new ConcurrentHashMap<>(1);
            unlisted = lines;
        }
        return lines.computeIfAbsent(name, this::unlistedLine);
    }

    private Line unlistedLine(String endpoint) {
        Rule[] rules = plan.unlisted(endpoint);
        return new Line(rules, new Meter[rules.length]);
    }

    private Meter meter(Meter[] meters, Rule rule) {
        Meter meter = (Meter) SLOT.getAcquire(meters, rule.slot);
        if (meter == null) {
            meter = organization.meter(rule.key);
            SLOT.setRelease(meters, rule.slot, meter);
        }
        return meter;
    }
}
