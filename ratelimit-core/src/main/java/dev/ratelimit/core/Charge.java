package dev.ratelimit.core;

import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a reservation charged at once: so many units of each rule, and where, which is filled in when it is charged. */
final class Charge {

    final Organization organization;
    final Rule[] rules;

    final Meter.Place[] places;
    final long[] units;
    final @Nullable Charge earlier;

    Charge(Organization organization, Rule[] rules, Usage usage) {
        this(organization, rules, new Meter.Place[rules.length], new long[rules.length], null);
        for (int i = 0; i < units.length; i++) {
            units[i] = usage.amountOf(rules[i].unit);
        }
    }

    private Charge(
            Organization organization, Rule[] rules, Meter.Place[] places, long[] units, @Nullable Charge earlier) {
        this.organization = organization;
        this.rules = rules;
        this.places = places;
        this.units = units;
        this.earlier = earlier;
    }

    /** Returns this charge without the limits that have refused it, of which nothing was charged. */
    Charge without(List<Rejected> rejections) {
        if (rejections.isEmpty()) {
            return this;
        }
        int[] kept = IntStream.range(0, rules.length)
                .filter(i -> !rules[i].isCauseOf(rejections))
                .toArray();
        return new Charge(
                organization,
                Arrays.stream(kept).mapToObj(i -> rules[i]).toArray(Rule[]::new),
                Arrays.stream(kept).mapToObj(i -> places[i]).toArray(Meter.Place[]::new),
                Arrays.stream(kept).mapToLong(i -> units[i]).toArray(),
                earlier);
    }

    /** Returns this charge behind another, or one of both if they were written to the same places. */
    Charge after(Charge last) {
        if (!Arrays.equals(rules, last.rules) || !Arrays.equals(places, last.places)) {
            return new Charge(organization, rules, places, units, last);
        }
        long[] sums = new long[units.length];
        Arrays.setAll(sums, i -> last.units[i] + units[i]);
        return new Charge(organization, rules, places, sums, last.earlier);
    }

    int indexOf(Rule rule) {
        return Arrays.asList(rules).indexOf(rule);
    }

    /** Keeps at most so many units of the i-th rule, gives the others back, and returns how many it kept. */
    long keep(int i, long most) {
        long kept = Math.min(units[i], most);
        if (kept < units[i]) {
            organization.meter(rules[i]).refund(places[i], units[i] - kept);
        }
        return kept;
    }

    /** Charges units of a rule, beyond what it was charged before, whether they fit or not. */
    void chargeMore(Rule rule, long more) {
        int i = indexOf(rule);
        Clocks clocks = organization.organizations.clocks;
        organization.meter(rule).chargeMore(rule, places[i], more, clocks.nanoTime());
        Organization owner = organization;
        while (!owner.keep()) {
            owner = owner.renewed();
            owner.meter(rule).chargeMore(rule, places[i], more, clocks.nanoTime());
        }
    }
}
