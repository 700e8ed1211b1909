package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Charges the limits of a call, all or none.
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
 */
final class AllOrNone {

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

    private final PendingRefunds refunds;

    AllOrNone(PendingRefunds refunds) {
        this.refunds = refunds;
    }

    /** Charges all limits, or none if one of them refuses. */
    @Nullable
    Decision chargeAll(
            Parties parties,
            CompiledLimit[] limits,
            Usage usage,
            long now,
            @Nullable Ledger ledger,
            @Nullable Report report) {
        Rejected rejected = limits.length > 1 ? Refusals.longest(1, parties, limits, usage, now) : null;
        if (rejected != null) {
            return rejected;
        }
        return limits.length <= MOST_FRAMES
                ? chargeFrom(0, parties, limits, usage, now, ledger, report, null)
                : chargeMany(parties, limits, usage, now, ledger, report);
    }

    /** Tells whether {@link #chargeFew} can charge limits: one to three, without shadows, which would come last. */
    static boolean areFew(CompiledLimit[] limits) {
        int last = limits.length - 1;
        return last >= 0 && last < FEW && !limits[last].shadow;
    }

    /** Charges a few limits, all or none. Returns null, and charges none, if that must be decided once more. */
    @Nullable
    Decision chargeFew(Parties parties, CompiledLimit[] limits, Usage usage, long now, @Nullable Report report) {
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
            return Refusals.of(parties, 0, limit, units, ~position);
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
            return Refusals.longest(0, parties, limits, usage, now);
        }
        CompiledLimit limit = limits[last];
        long units = last == 1 ? unitsOfSecond : usage.amountOf(limit.unit);
        OrganizationState stateOfFirst = parties.state(0);
        OrganizationState stateOfSecond = parties.state(1);
        OrganizationState state = parties.state(last);
        Meter meter = last == 1 ? ofSecond : parties.meter(last, limit);
        long position = charge(last, meter, limit, units, now, report);
        if (position < 0) {
            return Refusals.of(parties, last, limit, units, ~position);
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
            Rejected rejected = Refusals.of(parties, i, limit, units, ~position);
            if (!limit.shadow) {
                return rejected;
            }
            notCharged(meter, limit, now, report);
            List<Rejected> all = Refusals.with(rejected, shadows);
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
                    shadows = Refusals.with(Refusals.of(parties, asked - 1, limit, units, ~position), shadows);
                } else if (position < 0) {
                    decision = Refusals.of(parties, asked - 1, limit, units, ~position);
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

    private static long charge(int i, Meter meter, CompiledLimit limit, long units, long now, @Nullable Report report) {
        if (report == null) {
            return meter.charge(limit, units, now);
        }
        report.turnTo(i);
        return meter.charge(limit, units, now, report);
    }

    /** Says in a report, if there is one, how a limit stands that was not charged. */
    static void notCharged(Meter meter, CompiledLimit limit, long now, @Nullable Report report) {
        if (report != null) {
            report.notCharged(report.isFull() ? meter.status(limit, now) : null);
        }
    }

    /** Ends a decision whose limits are charged. */
    private static @Nullable Decision admit(
            Parties parties, @Nullable Ledger ledger, @Nullable Report report, @Nullable List<Rejected> shadows) {
        if (!parties.confirmLive()) {
            return null;
        }
        Admitted admitted =
                report == null ? Refusals.admitted(shadows) : (Admitted) report.in(Refusals.admitted(shadows));
        return ledger == null ? admitted : ledger.close(admitted);
    }
}
