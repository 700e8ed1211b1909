package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

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

    /* How the meter stands that was asked last. */
    private int i;
    private boolean told;
    private long units;
    private long used;
    private long granted;
    private long next;
    private long reset;

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
        told = false;
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
        told = false;
        return full || listeners.isCrossed(limits[i].applied().limit(), used, granted, units);
    }

    /**
     * Says how long what counts then goes on to count.
     *
     * @param untilNext nanoseconds until some of what is used counts no more, {@link CompiledLimit#NEVER} if always
     * @param untilReset nanoseconds until nothing of it counts any more
     */
    void waits(long untilNext, long untilReset) {
        next = untilNext;
        reset = untilReset;
        told = true;
    }

    /** Takes down how the limit stands that was asked last, as its meter said last. */
    void charged() {
        if (told) {
            takeDown(limits[i].status(used, granted, next, reset), units);
        }
    }

    /** Takes down how the limit stands that was asked last and not charged. */
    void notCharged(LimitStatus status) {
        takeDown(status, 0);
    }

    private void takeDown(LimitStatus status, long chargedUnits) {
        if (statuses == null) {
            statuses = new LimitStatus[limits.length];
            charged = listeners.hearNearLimits() ? new long[limits.length] : null;
        }
        statuses[i] = requireNonNull(owners).whose(i, status);
        if (charged != null) {
            charged[i] = chargedUnits;
        }
    }

    /** Returns a decision that tells what was taken down, in the order of the tables; itself, if it is not full. */
    Decision in(Decision decision) {
        return full ? decision.withLimits(inOrderOfTables()) : decision;
    }

    private List<LimitStatus> inOrderOfTables() {
        long[] places = new long[limits.length];
        for (int of = 0; of < places.length; of++) {
            places[of] = (long) requireNonNull(owners).order(of, limits[of]) << Integer.SIZE | of;
        }
        Arrays.sort(places);
        LimitStatus[] sorted = new LimitStatus[places.length];
        for (int place = 0; place < places.length; place++) {
            sorted[place] = requireNonNull(requireNonNull(statuses)[(int) places[place]]);
        }
        return List.of(sorted);
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
