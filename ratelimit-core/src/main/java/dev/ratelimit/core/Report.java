package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.Listeners;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is told of the limits of a call beside its decision. A full report tells where the organization stands with each
 * of them. Any report tells which of them its own charges brought near. For one call, and one thread.
 *
 * <p>A meter says how it stands {@linkplain #stands before the CAS} of a charge, by what that CAS expects: so a charge
 * that succeeds stands as it says. No status is made of a charge that nobody is told of.
 */
final class Report {

    private static final CompiledLimit[] NO_LIMITS = {};

    private final Listeners listeners;
    private final boolean full;

    private CompiledLimit[] limits = NO_LIMITS;

    /** Null where there are no limits. */
    private @Nullable Owners owners;

    /** Null until some limit is told of. */
    private @Nullable LimitStatus @Nullable [] statuses;

    /** How many units each limit was charged of which something is told. Null while no listener is told. */
    private long @Nullable [] charged;

    /* The limit whose meter is asked, and how that says it stands. */
    private int i;
    private long units;
    private long used;
    private long granted;

    private Report(boolean full, Listeners listeners) {
        this.full = full;
        this.listeners = listeners;
    }

    /**
     * Returns a report for one call; null if there is nothing to tell and nobody to be told.
     *
     * @param full whether the decision tells where the organization stands
     * @param listeners who may be told of near limits
     */
    static @Nullable Report of(boolean full, Listeners listeners) {
        return full || listeners.hearNearLimits() ? new Report(full, listeners) : null;
    }

    /** Tells whether the decision tells where the organization stands. */
    boolean isFull() {
        return full;
    }

    /** Begins anew for a decision without limits. */
    void begin() {
        begin(NO_LIMITS, null);
    }

    /** Begins anew, for some limits of a call's parties. */
    void begin(CompiledLimit[] asked, @Nullable Owners whose) {
        limits = asked;
        owners = whose;
        statuses = null;
    }

    /** Turns to the i-th limit, whose meter is asked next. */
    void turnTo(int asked) {
        i = asked;
        forget();
    }

    private void forget() {
        if (statuses != null) {
            statuses[i] = null;
        }
    }

    /**
     * Says how a meter stands if its next CAS succeeds.
     *
     * @param usedThen units that count then
     * @param grantedThen units that may be used beyond the amount
     * @param unitsCharged units that the CAS charges
     * @return whether that is told; then {@link #waits} must be said too
     */
    boolean stands(long usedThen, long grantedThen, long unitsCharged) {
        used = usedThen;
        granted = grantedThen;
        units = unitsCharged;
        boolean told = full || listeners.isCrossed(limits[i].applied().limit(), used, granted, units);
        if (!told) {
            forget();
        }
        return told;
    }

    /**
     * Says how long what counts then goes on to count.
     *
     * @param untilNext nanoseconds until some of what is used counts no more, {@link CompiledLimit#NEVER} if always
     * @param untilReset nanoseconds until nothing of it counts any more
     */
    void waits(long untilNext, long untilReset) {
        AppliedLimit applied = requireNonNull(owners).applied(i, limits[i]);
        takeDown(LimitStatus.ofNanos(applied, used, granted, untilNext, untilReset), units);
    }

    /** Takes down how the limit stands that was asked last and not charged; null if nobody is told of it. */
    void notCharged(@Nullable LimitStatus status) {
        if (status == null) {
            forget();
        } else {
            takeDown(requireNonNull(owners).whose(i, status), 0);
        }
    }

    private void takeDown(LimitStatus status, long chargedUnits) {
        if (statuses == null) {
            statuses = new LimitStatus[limits.length];
            charged = listeners.hearNearLimits() ? new long[limits.length] : null;
        }
        statuses[i] = status;
        if (charged != null) {
            charged[i] = chargedUnits;
        }
    }

    /** Returns a decision that tells what was taken down, in the order of the tables; itself, if it is not full. */
    Decision in(Decision decision) {
        return full ? decision.withLimits(inOrderOfTables()) : decision;
    }

    private List<LimitStatus> inOrderOfTables() {
        if (statuses == null) {
            return List.of();
        }
        @Nullable LimitStatus[] told = areInOrderOfTables() ? statuses : sorted(statuses);
        return told.length == 3 // which takes no copy of an array
                ? List.of(requireNonNull(told[0]), requireNonNull(told[1]), requireNonNull(told[2]))
                : List.of(told); // which allows no null
    }

    private boolean areInOrderOfTables() {
        boolean inOrder = true;
        for (int of = 1; inOrder && of < limits.length; of++) {
            inOrder = order(of - 1) <= order(of);
        }
        return inOrder;
    }

    private @Nullable LimitStatus[] sorted(@Nullable LimitStatus[] told) {
        long[] places = new long[limits.length];
        for (int of = 0; of < places.length; of++) {
            places[of] = (long) order(of) << Integer.SIZE | of;
        }
        Arrays.sort(places);
        @Nullable LimitStatus[] sorted = new LimitStatus[places.length];
        for (int place = 0; place < places.length; place++) {
            sorted[place] = told[(int) places[place]];
        }
        return sorted;
    }

    private int order(int of) {
        return requireNonNull(owners).order(of, limits[of]);
    }

    /** Notifies listeners of the limits that the charges brought near. */
    void tellNear(Caller caller, String endpoint) {
        for (int each = 0; statuses != null && charged != null && each < statuses.length; each++) {
            LimitStatus status = statuses[each];
            if (status != null) {
                listeners.onCharged(caller, endpoint, status, charged[each]);
            }
        }
    }
}
