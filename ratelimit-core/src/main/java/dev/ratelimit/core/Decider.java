package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.spi.Printable;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Decides calls: reads the clock, charges the meters of an organization by the limits of a compiled tier, and sweeps
 * where that is due. {@link AllOrNone} charges.
 *
 * <p>A decision is null if a state of the call's {@link Parties} was dropped meanwhile. Then it must be made again on
 * another state.
 *
 * <p>A sweep of idle organizations comes last, and so does what a ledger tidies up. If that throws, the caller gets the
 * decision, and another call will sweep.
 */
final class Decider {

    /** The class that a handler below names: see {@link AllOrNone#RESOLVED}. */
    static final List<Class<?>> RESOLVED = List.of(Throwable.class);

    /** The parameters of {@link #decide} that most calls lack. The JIT compiler inlines no method of unloaded ones. */
    static final List<Class<?>> LOADED = List.of(Ledger.class, Report.class);

    /** That of {@link Refusals}, which is initialized by this: later there may be no stack for it. */
    private static final Rejected UNDECIDED = Refusals.UNDECIDED;

    private final Clocks clocks;
    private final TierCache tierCache;
    private final PendingRefunds refunds;
    private final AllOrNone allOrNone;
    private final IdleSweeper sweeper;
    private final Listeners listeners;

    /** Whether it was said that a call which is no reservation cannot end. */
    private final AtomicBoolean saidThatCallsCannotEnd = new AtomicBoolean();

    Decider(Clocks clocks, TierCache tierCache, PendingRefunds refunds, IdleSweeper sweeper, Listeners listeners) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.tierCache = tierCache;
        this.refunds = refunds;
        this.allOrNone = new AllOrNone(refunds);
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
        boolean plain = ledger == null && AllOrNone.areFew(limits);
        Decision decision = plain ? allOrNone.chargeFew(parties, limits, usage, now, report) : null;
        if (decision == null) {
            decision = allOrNone.chargeAll(parties, limits, usage, now, ledger, report);
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
        Rejected rejected = Refusals.longest(0, parties, limits, usage, now);
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
                    shadows = Refusals.with(Refusals.of(parties, i, limit, units, wait), shadows);
                    AllOrNone.notCharged(meter, limit, now, report);
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
        Decision answer = rejected == null ? Refusals.admitted(shadows) : rejected;
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
            AllOrNone.notCharged(parties.meter(i, limits[i]), limits[i], now, report);
        }
    }

    /** Tells what a call would be answered. The limits are as a call would meet them. */
    Decision peek(Parties parties, CompiledLimit[] limits, Usage usage, @Nullable Report report) {
        refunds.make();
        Parties view = parties.view(limits);
        long now = clocks.nanoTime();
        Decision decision = Refusals.answer(view, limits, usage, now);
        if (report == null || isUndecided(decision)) {
            return decision;
        }
        report.begin(limits, view);
        lookAtAll(limits, view, now, report);
        return report.in(decision);
    }
}
