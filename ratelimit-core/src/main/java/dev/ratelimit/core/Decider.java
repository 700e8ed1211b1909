package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Decides calls: charges the meters of an organization by the limits of a compiled tier, all or none.
 *
 * <p>A decision is null if a state of the call's {@link Parties} was dropped meanwhile. Then it must be made again on
 * another state.
 *
 * <p>A call with several limits first asks all of them. So a refusal names the limit that refuses longest, and writes
 * nothing. Then the call charges the limits. If another call took the last unit in between, it gives back what it has
 * charged. Until then its units count: a call that shares a meter with it may be refused although it would have fitted.
 * While no other limit refuses, the one that is charged first is not asked. It refuses when it is charged, and then
 * nothing is charged so far.
 *
 * <p>One frame charges one to three limits, if no ledger takes note of it, and no shadow is among them. It charges the
 * last limit first. All others are charged in ascending order of span, a frame for each.
 *
 * <p>The limits of shadow tables come last, each of them alone. So none of them is charged for a call that is refused
 * after all.
 *
 * <h2>All or nothing, also when something throws</h2>
 *
 * <p>A clock of the host may throw, and a thread may have no stack left for a call. A charge ends with the CAS that
 * makes it. So a charge that throws was not made.
 *
 * <p>All that follows a charge runs within the frame that keeps its position: the charges of the other limits, the
 * question whether the state is still live, and the {@link Ledger}. If one of them throws, the frame gives back what it
 * has charged, which reads no clock. Where even that throws, for want of stack or memory, it is left to the next call:
 * {@link PendingRefunds}. So the caller gets what was thrown, and nothing is charged.
 *
 * <p>A sweep of idle organizations runs behind all frames, and so does what a ledger tidies up. If that throws, the
 * caller gets the decision, and another call will sweep.
 */
final class Decider {

    /** Takes note of what a decision charges, and has the last word. */
    interface Ledger {

        /** Notes what the i-th limit was charged, which does not happen for a shadow that refuses. */
        void charged(int i, OrganizationState organization, Meter.@Nullable Booking booking, long units);

        /** Closes a decision that admits. Unless it returns what admits, all is given back. */
        Decision close(Admitted admitted);

        /** Tidies up after a decision that admits. The decision stands, also if this throws. */
        default void tidyUp(long now) {}
    }

    /**
     * The most limits whose positions are kept by the call stack, which allocates nothing. An array keeps those of
     * more.
     */
    private static final int MOST_FRAMES = 16;

    /** The most limits whose positions are kept by one frame. */
    private static final int FEW = 3;

    /**
     * The classes that the handlers below name. They are resolved with this class. To resolve one calls a class loader,
     * and where a handler is entered first there may be no stack for that. Then the JVM skips the handler.
     */
    static final List<Class<?>> RESOLVED = List.of(Throwable.class, Object.class);

    /** The parameters of {@link #decide} that most calls lack. The JIT compiler inlines no method of unloaded ones. */
    static final List<Class<?>> LOADED = List.of(Ledger.class, Report.class);

    /** Instead of a decision: the store of quotas must be asked. Nothing is charged. Compared by reference. */
    static final Rejected UNDECIDED = Rejected.permanent(new StoreUnavailable(), "");

    private final Clocks clocks;
    private final TierCache tierCache;
    private final PendingRefunds refunds;
    private final IdleSweeper sweeper;
    private final Listeners listeners;

    /** Whether it was said that a call which is no reservation cannot end. */
    private final AtomicBoolean saidThatCallsCannotEnd = new AtomicBoolean();

    Decider(Clocks clocks, TierCache tierCache, PendingRefunds refunds, IdleSweeper sweeper, Listeners listeners) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.tierCache = tierCache;
        this.refunds = refunds;
        this.sweeper = sweeper;
    }

    /** Returns a decision, if it is one; null if the store of quotas must be asked first. */
    static @Nullable Decision decided(Decision decision) {
        return isUndecided(decision) ? null : decision;
    }

    /** Tells whether the store of quotas must be asked first. */
    @SuppressWarnings("ReferenceEquality")
    static boolean isUndecided(Decision decision) {
        return decision == UNDECIDED;
    }

    @Nullable
    Decision tryAcquire(OrganizationState organization, Tier tier, String endpoint, Usage usage) {
        return tryAcquire(organization, tier, endpoint, usage, null);
    }

    @Nullable
    Decision tryAcquire(
            OrganizationState organization, Tier tier, String endpoint, Usage usage, @Nullable Report report) {
        CalledEndpoint called = organization.called(tier, endpoint, tierCache);
        Parties parties = called == null || !organization.hasMany() ? organization : called;
        CompiledLimit[] limits = called == null ? organization.limits(tier, endpoint, tierCache) : called.limits;
        return decideCall(parties, limits, endpoint, usage, report);
    }

    /** Decides a call that is no reservation. */
    @Nullable
    Decision decideCall(
            Parties parties, CompiledLimit[] limits, String endpoint, Usage usage, @Nullable Report report) {
        Decision decision = decide(parties, limits, usage, null, report);
        if (tierCache.hasInFlight() && decision instanceof Admitted) {
            sayThatCallsCannotEnd(limits, endpoint);
        }
        return decision;
    }

    private void sayThatCallsCannotEnd(CompiledLimit[] limits, String endpoint) {
        for (CompiledLimit limit : limits) {
            if (limit.inFlight && !saidThatCallsCannotEnd.get() && saidThatCallsCannotEnd.compareAndSet(false, true)) {
                listeners.warn(
                        "What tryAcquire takes in flight counts for the longest time, since no call ends: use reserve;"
                                + " endpoint=" + Printable.name(endpoint) + ", limit="
                                + limit.applied().limit());
            }
        }
    }

    /** Charges all limits or none, and notes that in a ledger and in a report, if somebody will ask. */
    @Nullable
    Decision decide(
            Parties parties, CompiledLimit[] limits, Usage usage, @Nullable Ledger ledger, @Nullable Report report) {
        refunds.make();
        if (report != null) {
            report.begin(limits, parties);
        }
        long now = clocks.nanoTime();
        boolean plain = ledger == null && areFew(limits);
        Decision decision = plain ? chargeFew(parties, limits, usage, now, report) : null;
        if (decision == null) {
            decision = chargeAll(parties, limits, usage, now, ledger, report);
        }
        if (decision instanceof Rejected rejected) {
            decision = refused(rejected, parties, limits, usage, now, report);
        }
        try {
            if (ledger != null && decision instanceof Admitted) {
                ledger.tidyUp(now);
            }
            sweeper.sweepIfDue(now);
        } catch (Throwable thrown) {
            // See above.
        }
        return decision;
    }

    /** Charges all limits, or none if one of them refuses. */
    private @Nullable Decision chargeAll(
            Parties parties,
            CompiledLimit[] limits,
            Usage usage,
            long now,
            @Nullable Ledger ledger,
            @Nullable Report report) {
        Rejected rejected = limits.length > 1 ? longestRejection(1, parties, limits, usage, now) : null;
        if (rejected != null) {
            return rejected;
        }
        return limits.length <= MOST_FRAMES
                ? chargeFrom(0, parties, limits, usage, now, ledger, report, null)
                : chargeMany(parties, limits, usage, now, ledger, report);
    }

    /** Tells whether {@link #chargeFew} can charge limits: one to three, without shadows, which would come last. */
    private static boolean areFew(CompiledLimit[] limits) {
        int last = limits.length - 1;
        return last >= 0 && last < FEW && !limits[last].shadow;
    }

    /** Charges a few limits, all or none. Returns null, and charges none, if that must be decided once more. */
    private @Nullable Decision chargeFew(
            Parties parties, CompiledLimit[] limits, Usage usage, long now, @Nullable Report report) {
        return limits.length == 1
                ? chargeOne(parties, limits[0], usage, now, report)
                : chargeTwoOrThree(parties, limits, usage, now, report);
    }

    private @Nullable Decision chargeOne(
            Parties parties, CompiledLimit limit, Usage usage, long now, @Nullable Report report) {
        long units = usage.amountOf(limit.unit);
        OrganizationState state = parties.state(0);
        Meter meter = parties.meter(0, limit);
        long position = charge(0, meter, limit, units, now, report);
        if (position < 0) {
            return rejected(parties, 0, limit, units, ~position);
        }
        Decision decision = null;
        try {
            boolean holds = parties.confirmLive();
            decision = holds ? admitted(report) : null;
        } finally {
            if (decision == null) {
                try {
                    state.refund(limit, usage, position);
                } catch (Throwable thrown) {
                    refunds.newest = new Object[] {refunds.newest, state, limit, usage, new long[] {position}};
                }
            }
        }
        return decision;
    }

    /*
     * All that the charges expect is read before the first of them: reads behind a CAS wait for it. What the last limit
     * expects is read by its charge, which comes first.
     */
    private @Nullable Decision chargeTwoOrThree(
            Parties parties, CompiledLimit[] limits, Usage usage, long now, @Nullable Report report) {
        int last = limits.length - 1;
        CompiledLimit first = limits[0];
        Meter ofFirst = parties.meter(0, first);
        long unitsOfFirst = usage.amountOf(first.unit);
        long askedFirst = ask(0, ofFirst, first, unitsOfFirst, now, report);
        CompiledLimit second = limits[1];
        Meter ofSecond = parties.meter(1, second);
        long unitsOfSecond = usage.amountOf(second.unit);
        long askedSecond = last == 1 ? 0 : ask(1, ofSecond, second, unitsOfSecond, now, report);
        if (askedFirst < 0 || askedSecond < 0) {
            return longestRejection(0, parties, limits, usage, now);
        }
        CompiledLimit limit = limits[last];
        long units = last == 1 ? unitsOfSecond : usage.amountOf(limit.unit);
        OrganizationState stateOfFirst = parties.state(0);
        OrganizationState stateOfSecond = parties.state(1);
        OrganizationState state = parties.state(last);
        Meter meter = last == 1 ? ofSecond : parties.meter(last, limit);
        long position = charge(last, meter, limit, units, now, report);
        if (position < 0) {
            return rejected(parties, last, limit, units, ~position);
        }
        long positionOfFirst = -1;
        long positionOfSecond = -1;
        Decision decision = null;
        try {
            positionOfFirst = chargeAsked(0, ofFirst, first, unitsOfFirst, now, askedFirst, report);
            if (positionOfFirst >= 0 && last > 1) {
                positionOfSecond = chargeAsked(1, ofSecond, second, unitsOfSecond, now, askedSecond, report);
            }
            boolean holds = positionOfFirst >= 0 && (positionOfSecond >= 0 || last == 1) && parties.confirmLive();
            decision = holds ? admitted(report) : null;
        } finally {
            for (int i = decision == null ? last : -1; i >= 0; i--) {
                OrganizationState its = i == last ? state : i == 0 ? stateOfFirst : stateOfSecond;
                long made = i == last ? position : i == 0 ? positionOfFirst : positionOfSecond;
                if (made >= 0) {
                    try {
                        its.refund(limits[i], usage, made);
                    } catch (Throwable thrown) {
                        refunds.newest = new Object[] {refunds.newest, its, limits[i], usage, new long[] {made}};
                    }
                }
            }
        }
        return decision;
    }

    private static long ask(int i, Meter meter, CompiledLimit limit, long units, long now, @Nullable Report report) {
        if (report != null) {
            report.turnTo(i);
        }
        return meter.ask(limit, units, now, report);
    }

    private static long chargeAsked(
            int i, Meter meter, CompiledLimit limit, long units, long now, long asked, @Nullable Report report) {
        return meter.chargeAsked(units, asked) ? asked : charge(i, meter, limit, units, now, report);
    }

    private static Decision admitted(@Nullable Report report) {
        return report == null ? Decision.admitted() : report.in(Decision.admitted());
    }

    /**
     * Charges the limits from the i-th on, all or none but for shadows that refuse; the call stack keeps the positions.
     */
    private @Nullable Decision chargeFrom(
            int i,
            Parties parties,
            CompiledLimit[] limits,
            Usage usage,
            long now,
            @Nullable Ledger ledger,
            @Nullable Report report,
            @Nullable List<Rejected> shadows) {
        if (i == limits.length) {
            return admit(parties, ledger, report, shadows);
        }
        CompiledLimit limit = limits[i];
        long units = usage.amountOf(limit.unit);
        OrganizationState state = parties.state(i);
        Meter meter = parties.meter(i, limit);
        long position = charge(i, meter, limit, units, now, report);
        if (position < 0) {
            Rejected rejected = rejected(parties, i, limit, units, ~position);
            if (!limit.shadow) {
                return rejected;
            }
            notCharged(meter, limit, now, report);
            List<Rejected> all = with(rejected, shadows);
            return chargeFrom(i + 1, parties, limits, usage, now, ledger, report, all);
        }
        Decision decision = null;
        try {
            if (ledger != null) {
                ledger.charged(i, state, meter.booking(position), units);
            }
            decision = chargeFrom(i + 1, parties, limits, usage, now, ledger, report, shadows);
        } finally {
            if (!(decision instanceof Admitted)) {
                try {
                    state.refund(limit, usage, position);
                } catch (Throwable thrown) {
                    refunds.newest = new Object[] {refunds.newest, state, limit, usage, new long[] {position}};
                }
            }
        }
        return decision;
    }

    /** Charges the limits, all or none but for shadows that refuse; an array keeps the positions. */
    private @Nullable Decision chargeMany(
            Parties parties,
            CompiledLimit[] limits,
            Usage usage,
            long now,
            @Nullable Ledger ledger,
            @Nullable Report report) {
        long[] positions = new long[limits.length];
        OrganizationState[] states = new OrganizationState[limits.length];
        for (int i = 0; i < states.length; i++) {
            states[i] = parties.state(i);
        }
        int asked = 0;
        List<Rejected> shadows = null;
        Decision decision = null;
        try {
            while (decision == null && asked < limits.length) {
                CompiledLimit limit = limits[asked];
                long units = usage.amountOf(limit.unit);
                Meter meter = states[asked].meter(limit);
                long position = charge(asked, meter, limit, units, now, report);
                positions[asked++] = position;
                if (position < 0) {
                    notCharged(meter, limit, now, report);
                }
                if (position >= 0 && ledger != null) {
                    ledger.charged(asked - 1, states[asked - 1], meter.booking(position), units);
                } else if (position < 0 && limit.shadow) {
                    shadows = with(rejected(parties, asked - 1, limit, units, ~position), shadows);
                } else if (position < 0) {
                    decision = rejected(parties, asked - 1, limit, units, ~position);
                }
            }
            if (decision == null) {
                decision = admit(parties, ledger, report, shadows);
            }
        } finally {
            while (!(decision instanceof Admitted) && asked-- > 0) {
                if (positions[asked] >= 0) {
                    try {
                        states[asked].refund(limits[asked], usage, positions[asked]);
                    } catch (Throwable thrown) {
                        refunds.newest = new Object[] {
                            refunds.newest, states[asked], limits[asked], usage, new long[] {positions[asked]}
                        };
                    }
                }
            }
        }
        return decision;
    }

    /**
     * Charges all limits for usage that has happened, whether it fits or not, and the limits of shadows if they admit
     * it. Returns what a call would have been answered, null if the organization's state was dropped meanwhile.
     */
    @Nullable
    Decision record(Parties parties, CompiledLimit[] limits, Usage usage, @Nullable Report report) {
        refunds.make();
        if (report != null) {
            report.begin(limits, parties);
        }
        long now = clocks.nanoTime();
        Rejected rejected = longestRejection(0, parties, limits, usage, now);
        if (rejected != null && isUndecided(rejected)) {
            return parties.confirmLive() ? rejected : null;
        }
        List<Rejected> shadows = null;
        Meter.Charged[] charged = new Meter.Charged[limits.length];
        boolean recorded = false;
        try {
            for (int i = 0; i < limits.length; i++) {
                CompiledLimit limit = limits[i];
                long units = usage.amountOf(limit.unit);
                Meter meter = parties.meter(i, limit);
                long wait = limit.shadow ? meter.nanosUntilFits(limit, units, now) : 0;
                if (report != null) {
                    report.turnTo(i);
                }
                if (wait == 0) {
                    charged[i] = meter.chargeAnyway(limit, units, now, report);
                } else {
                    shadows = with(rejected(parties, i, limit, units, wait), shadows);
                    notCharged(meter, limit, now, report);
                }
            }
            recorded = parties.confirmLive();
        } finally {
            for (int i = 0; !recorded && i < limits.length; i++) {
                Meter.Charged made = charged[i];
                if (made != null) {
                    Meter meter = parties.meter(i, limits[i]);
                    meter.refund(limits[i], meter.booking(made.position()), made.units(), made.units(), now);
                }
            }
        }
        Decision answer = rejected == null ? admitted(shadows) : rejected;
        return !recorded ? null : report == null ? answer : report.in(answer);
    }

    /** Ends a decision that refuses. Returns null if it does not hold. */
    private static @Nullable Decision refused(
            Rejected rejected,
            Parties parties,
            CompiledLimit[] limits,
            Usage usage,
            long now,
            @Nullable Report report) {
        Decision decision = rejected;
        if (!isUndecided(rejected)) {
            tellBuckets(parties, limits, usage, now);
            if (report != null && report.isFull()) {
                lookAtAll(limits, parties, now, report);
                decision = report.in(rejected);
            }
        }
        return parties.confirmLive() ? decision : null;
    }

    /** Tells buckets that a call was refused, before which they were only asked. */
    private static void tellBuckets(Parties parties, CompiledLimit[] limits, Usage usage, long now) {
        for (int i = 0; i < limits.length; i++) {
            CompiledLimit limit = limits[i];
            if (limit.isBucket && !limit.shadow) {
                parties.meter(i, limit).refused(limit, usage.amountOf(limit.unit), now);
            }
        }
    }

    /** Takes down how all limits stand, of which none is charged. */
    private static void lookAtAll(CompiledLimit[] limits, Parties parties, long now, Report report) {
        for (int i = 0; i < limits.length; i++) {
            report.turnTo(i);
            notCharged(parties.meter(i, limits[i]), limits[i], now, report);
        }
    }

    /** Says in a report, if there is one, how a limit stands that was not charged. */
    private static void notCharged(Meter meter, CompiledLimit limit, long now, @Nullable Report report) {
        if (report != null) {
            report.notCharged(report.isFull() ? meter.status(limit, now) : null);
        }
    }

    private static long charge(int i, Meter meter, CompiledLimit limit, long units, long now, @Nullable Report report) {
        if (report == null) {
            return meter.charge(limit, units, now);
        }
        report.turnTo(i);
        return meter.charge(limit, units, now, report);
    }

    /** Ends a decision whose limits are charged. */
    private static @Nullable Decision admit(
            Parties parties, @Nullable Ledger ledger, @Nullable Report report, @Nullable List<Rejected> shadows) {
        if (!parties.confirmLive()) {
            return null;
        }
        Admitted admitted = report == null ? admitted(shadows) : (Admitted) report.in(admitted(shadows));
        return ledger == null ? admitted : ledger.close(admitted);
    }

    /** Tells what a call would be answered. The limits are as a call would meet them. */
    Decision peek(Parties parties, CompiledLimit[] limits, Usage usage, @Nullable Report report) {
        refunds.make();
        Parties view = parties.view(limits);
        long now = clocks.nanoTime();
        Decision decision = peek(view, limits, usage, now);
        if (report == null || isUndecided(decision)) {
            return decision;
        }
        report.begin(limits, view);
        lookAtAll(limits, view, now, report);
        return report.in(decision);
    }

    private static Decision peek(Parties view, CompiledLimit[] limits, Usage usage, long now) {
        Rejected rejected = longestRejection(0, view, limits, usage, now);
        if (rejected != null) {
            return rejected;
        }
        List<Rejected> shadows = null;
        for (int i = 0; i < limits.length; i++) {
            CompiledLimit limit = limits[i];
            long units = usage.amountOf(limit.unit);
            long wait = limit.shadow ? view.meter(i, limit).nanosUntilFits(limit, units, now) : 0;
            if (wait != 0) {
                shadows = with(rejected(view, i, limit, units, wait), shadows);
            }
        }
        return admitted(shadows);
    }

    /** Returns the refusal of the limit that refuses longest, null if none does from the i-th on. */
    private static @Nullable Rejected longestRejection(
            int i, Parties parties, CompiledLimit[] limits, Usage usage, long now) {
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
            return longestRejection(0, parties, limits, usage, now);
        }
        CompiledLimit named = limits[longest];
        boolean isUnsure = longestWait == CompiledLimit.NEVER
                && parties.meter(longest, named).isUnsure(named, usage.amountOf(named.unit), now);
        return isUnsure
                ? UNDECIDED
                : rejected(parties, longest, named, usage.amountOf(named.unit), longestWait, certainWait);
    }

    private static boolean isBefore(int i, int other, Parties parties, CompiledLimit[] limits) {
        return parties.order(i, limits[i]) < parties.order(other, limits[other]);
    }

    private static List<Rejected> with(Rejected rejected, @Nullable List<Rejected> others) {
        List<Rejected> all = others == null ? new ArrayList<>() : others;
        all.add(rejected);
        return all;
    }

    /** Admits what shadows say nothing against, or only these. */
    private static Admitted admitted(@Nullable List<Rejected> shadows) {
        return shadows == null ? Decision.admitted() : Admitted.of(shadows);
    }

    private static Rejected rejected(Parties parties, int i, CompiledLimit limit, long units, long wait) {
        return rejected(parties, i, limit, units, wait, limit.inFlight ? 0 : wait);
    }

    private static Rejected rejected(
            Parties parties, int i, CompiledLimit limit, long units, long wait, long certainWait) {
        if (wait == Meter.UNSURE) {
            return UNDECIDED;
        }
        boolean isPlain = wait == certainWait && wait != CompiledLimit.NEVER && units <= limit.amount;
        return isPlain && parties.member(i) == null
                ? limit.refusal(wait)
                : Waits.rejected(parties.cause(i, limit, units), limit.notice, wait, certainWait);
    }
}
