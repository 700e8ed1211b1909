package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What refuses a call, and what it is answered: asks the meters, and charges none. */
final class Refusals {

    /** Instead of a decision: the store of quotas must be asked. Nothing is charged. Compared by reference. */
    static final Rejected UNDECIDED = Rejected.permanent(new StoreUnavailable(), "");

    private Refusals() {}

    /** Tells what a call would be answered. */
    static Decision answer(Parties view, CompiledLimit[] limits, Usage usage, long now) {
        Rejected rejected = longest(0, view, limits, usage, now);
        if (rejected != null) {
            return rejected;
        }
        List<Rejected> shadows = null;
        for (int i = 0; i < limits.length; i++) {
            CompiledLimit limit = limits[i];
            long units = usage.amountOf(limit.unit);
            long wait = limit.shadow ? view.meter(i, limit).nanosUntilFits(limit, units, now) : 0;
            if (wait != 0) {
                shadows = with(of(view, i, limit, units, wait), shadows);
            }
        }
        return admitted(shadows);
    }

    /** Returns the refusal of the limit that refuses longest, null if none does from the i-th on. */
    static @Nullable Rejected longest(int i, Parties parties, CompiledLimit[] limits, Usage usage, long now) {
        int longest = -1;
        long longestWait = 0;
        long certainWait = 0;
        for (int j = i; j < limits.length && !limits[j].shadow; j++) {
            CompiledLimit limit = limits[j];
            long wait = parties.meter(j, limit).nanosUntilFits(limit, usage.amountOf(limit.unit), now);
            if (wait > longestWait || (longest >= 0 && wait == longestWait && isBefore(j, longest, parties, limits))) {
                longest = j;
                longestWait = wait;
            }
            certainWait = limit.inFlight ? certainWait : Math.max(certainWait, wait);
        }
        if (longest < 0) {
            return null;
        }
        if (i > 0) {
            return longest(0, parties, limits, usage, now);
        }
        CompiledLimit named = limits[longest];
        boolean isUnsure = longestWait == CompiledLimit.NEVER
                && parties.meter(longest, named).isUnsure(named, usage.amountOf(named.unit), now);
        return isUnsure ? UNDECIDED : of(parties, longest, named, usage.amountOf(named.unit), longestWait, certainWait);
    }

    private static boolean isBefore(int i, int other, Parties parties, CompiledLimit[] limits) {
        return parties.order(i, limits[i]) < parties.order(other, limits[other]);
    }

    /** Adds the refusal of a shadow to those of others. */
    static List<Rejected> with(Rejected rejected, @Nullable List<Rejected> others) {
        List<Rejected> all = others == null ? new ArrayList<>() : others;
        all.add(rejected);
        return all;
    }

    /** Admits what shadows say nothing against, or only these. */
    static Admitted admitted(@Nullable List<Rejected> shadows) {
        return shadows == null ? Decision.admitted() : Admitted.of(shadows);
    }

    /** Returns the refusal of the i-th limit, by the wait that its meter tells. */
    static Rejected of(Parties parties, int i, CompiledLimit limit, long units, long wait) {
        return of(parties, i, limit, units, wait, limit.inFlight ? 0 : wait);
    }

    private static Rejected of(Parties parties, int i, CompiledLimit limit, long units, long wait, long certainWait) {
        if (wait == Meter.UNSURE) {
            return UNDECIDED;
        }
        boolean isPlain = wait == certainWait && wait != CompiledLimit.NEVER && units <= limit.amount;
        return isPlain && parties.member(i) == null
                ? limit.refusal(wait)
                : Waits.rejected(parties.cause(i, limit, units), limit.notice, wait, certainWait);
    }
}
