package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of a limiter: over the meters of an organization, by the rules of a plan.
 *
 * <p>A call with several limits first looks at all of them, so that a refusal names the one that refuses longest and writes nothing;
 * then it charges them in ascending order of span, and gives back what it has charged if another call took the last unit in
 * between. Until then that call's units count: a call that shares a meter with it may be refused although it would have fitted. While no
 * other limit refuses, the first is not looked at: that it refuses shows when it is charged, and then nothing is charged so far.
 *
 * <p>The limits of shadow tables come last, each by itself, so that none of them is charged for a call which is refused after all.
 */
final class Decider {

    private final Organizations organizations;
    private final Clocks clocks;

    Decider(Organizations organizations) {
        this.organizations = organizations;
        this.clocks = organizations.clocks;
    }

    Decision tryAcquire(Organization organization, Tier tier, String endpoint, Usage usage) {
        Plan plan = organizations.plans.of(tier, organization);
        return tryAcquire(organization, plan, organization.rules(plan, endpoint), usage);
    }

    Decision tryAcquire(Organization organization, Plan plan, Rule[] rules, Usage usage) {
        return charge(organization, plan, rules, usage, null);
    }

    Reservation reserve(Organization organization, Tier tier, String endpoint, Usage estimate) {
        Plan plan = organizations.plans.of(tier, organization);
        Charge charge = new Charge(organization, organization.rules(plan, endpoint), estimate);
        Decision decision = charge(plan, charge, estimate);
        return decision instanceof Admitted admitted
                ? new AdmittedReservation(tier, admitted, charge.without(admitted.shadowRejections()))
                : Reservation.rejected((Rejected) decision);
    }

    /** Charges all limits of a charge or none, and notes in it where. */
    Decision charge(Plan plan, Charge more, Usage usage) {
        return charge(more.organization, plan, more.rules, usage, more.places);
    }

    /** Charges all limits or none, and notes where, unless nobody will ask. */
    private Decision charge(
            Organization organization, Plan plan, Rule[] rules, Usage usage, Meter.Place @Nullable [] places) {
        long now = clocks.nanoTime();
        Rejected rejected = rules.length > 1 ? look(1, organization, plan, rules, usage, now) : null;
        if (rejected == null) {
            rejected = chargeFrom(0, organization, plan, rules, usage, now, places);
        }
        Decision decision = rejected != null
                ? rejected
                : !plan.shadows ? Decision.admitted() : chargeShadows(organization, plan, rules, usage, now, places);
        organizations.lookInTime(now);
        return decision;
    }

    private Admitted chargeShadows(
            Organization organization,
            Plan plan,
            Rule[] rules,
            Usage usage,
            long now,
            Meter.Place @Nullable [] places) {
        return admitted(plan, rules, i -> {
            Meter meter = organization.meter(rules[i]);
            long receipt = meter.charge(rules[i], usage.amountOf(rules[i].unit), now);
            if (receipt >= 0 && places != null) {
                places[i] = meter.place(receipt);
            }
            return receipt;
        });
    }

    /** Admits what shadows say nothing against. Each is asked, by its place, for a receipt or the complement of its wait. */
    private static Admitted admitted(Plan plan, Rule[] rules, IntToLongFunction shadow) {
        List<Rejected> rejections = new ArrayList<>();
        for (int i = 0; i < rules.length; i++) {
            long receipt = rules[i].shadow ? shadow.applyAsLong(i) : 0;
            if (receipt < 0) {
                rejections.add(rejected(plan, rules[i], ~receipt));
            }
        }
        return rejections.isEmpty() ? Decision.admitted() : new Admitted(rejections);
    }

    Decision peek(Organization organization, Tier tier, String endpoint, Usage usage) {
        Plan plan = organizations.plans.of(tier, organization);
        Rule[] rules = organization.knownRules(plan, endpoint);
        Organization view = organization.view(rules);
        long now = clocks.nanoTime();
        Rejected rejected = look(0, view, plan, rules, usage, now);
        if (rejected != null) {
            return rejected;
        }
        return admitted(plan, rules, i -> {
            long wait = view.meter(rules[i]).look(rules[i], usage.amountOf(rules[i].unit), now);
            return wait == 0 ? 0 : ~wait;
        });
    }

    /** Returns the refusal of the limit that refuses longest, null if none does from the i-th on. */
    private static @Nullable Rejected look(
            int i, Organization organization, Plan plan, Rule[] rules, Usage usage, long now) {
        Rule longest = null;
        long longestWait = 0;
        for (int j = i; j < rules.length && !rules[j].shadow; j++) {
            Rule rule = rules[j];
            long wait = organization.meter(rule).look(rule, usage.amountOf(rule.unit), now);
            if (wait > longestWait || (longest != null && wait == longestWait && rule.order < longest.order)) {
                longest = rule;
                longestWait = wait;
            }
        }
        if (longest == null) {
            return null;
        }
        return i > 0 ? look(0, organization, plan, rules, usage, now) : rejected(plan, longest, longestWait);
    }

    /** Charges the limits from the i-th on but shadows, all or none; the call stack keeps the receipts. */
    private static @Nullable Rejected chargeFrom(
            int i,
            Organization organization,
            Plan plan,
            Rule[] rules,
            Usage usage,
            long now,
            Meter.Place @Nullable [] places) {
        if (i == rules.length || rules[i].shadow) {
            return null;
        }
        Rule rule = rules[i];
        Meter meter = organization.meter(rule);
        long units = usage.amountOf(rule.unit);
        long receipt = meter.charge(rule, units, now);
        if (receipt < 0) {
            return rejected(plan, rule, ~receipt);
        }
        Rejected rejected = chargeFrom(i + 1, organization, plan, rules, usage, now, places);
        if (rejected != null) {
            meter.refund(meter.place(receipt), units);
        } else if (places != null) {
            places[i] = meter.place(receipt);
        }
        return rejected;
    }

    private static Rejected rejected(Plan plan, Rule rule, long wait) {
        String notice = plan.tier.message();
        return wait == Meter.NEVER ? Rejected.forGood(rule.cause, notice) : Rejected.forNanos(rule.cause, notice, wait);
    }
}
