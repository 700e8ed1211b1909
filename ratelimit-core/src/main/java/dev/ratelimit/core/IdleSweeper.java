package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.core.MeterTable.IdleScan;
import dev.ratelimit.kernel.Listeners;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drops the states of idle organizations and members, some steps at a time.
 *
 * <p>A round goes from the newest state to the oldest. A step checks the next state. A state of more than a few meters
 * takes several steps, so that no step takes longer than others. A sweep also removes some entries of compiled tiers
 * that were collected, since no state held them any more.
 *
 * <p>The states are a list for this, newest first. To walk the map of the store instead would take time in proportion
 * to the most that it ever held. Any thread puts a state before the list, by a CAS on its head. Only the sweeping
 * thread takes states out.
 *
 * <p>A round begins a second after the one before it ended, or at once while there is no place. Some states count
 * nothing between two calls, such as those with limits in flight only. Without the pause they would be made anew for
 * each call.
 *
 * <p><b>Guarantees.</b> One thread sweeps at a time. A state is dropped only if no call has charged it during its
 * check: see {@link Life}.
 *
 * <p><b>Progress.</b> A thread that finds another one sweeping goes on without. Only {@link #sweepAll} waits.
 */
final class IdleSweeper {

    /** The places of a table that a step scans. Most organizations have fewer meters. */
    private static final int PLACES_OF_STEP = 16;

    /** The steps in each millisecond with calls. They take some thousandths of it. */
    private static final int STEPS_IN_TIME = 16;

    /** The steps in each millisecond with calls, while there is no place for a new organization. */
    private static final int STEPS_FOR_PLACE = 64;

    private static final long MILLISECOND = 1_000_000;

    /** The nanoseconds between two rounds. */
    private static final long PAUSE = 1_000 * MILLISECOND;

    private static final VarHandle NEWEST = VarHandles.of(MethodHandles.lookup(), "newest", OrganizationState.class);
    private static final VarHandle DUE = VarHandles.of(MethodHandles.lookup(), "due", long.class);

    private final Clocks clocks;
    private final Listeners listeners;
    private final Consumer<OrganizationState> drop;
    private final TierCache tierCache;
    private final BooleanSupplier full;

    private volatile @Nullable OrganizationState newest;

    /** The reading of the monotonic clock from which on a call sweeps again. */
    private volatile long due;

    /* True while a thread sweeps. It guards the fields below, and the links of the list. */
    private final AtomicBoolean sweeping = new AtomicBoolean();

    private boolean inRound;

    /** The reading of the monotonic clock from which on the next round may begin. */
    private long nextRound;

    /** The last state that was checked and stays; null at the beginning of the list. */
    private @Nullable OrganizationState last;

    /** The state behind {@code last} while it is under check, with the scan of its meters. */
    private @Nullable OrganizationState checked;

    private @Nullable IdleScan scan;

    /**
     * Makes a sweeper.
     *
     * @param drop removes a state, which has ended, from the store
     * @param full tells whether there is no place for a new organization
     */
    IdleSweeper(
            Clocks clocks,
            Listeners listeners,
            TierCache tierCache,
            Consumer<OrganizationState> drop,
            BooleanSupplier full) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.drop = drop;
        this.tierCache = tierCache;
        this.full = full;
        this.due = clocks.nanoTime();
        this.nextRound = due;
    }

    /** Puts a new state before the list. */
    void add(OrganizationState added) {
        do {
            added.older = newest;
        } while (!NEWEST.compareAndSet(this, added.older, added));
    }

    /** Sweeps if this is the first call in a millisecond. */
    void sweepIfDue(long now) {
        long known = due;
        if (now - known >= 0 && DUE.compareAndSet(this, known, now + MILLISECOND)) {
            sweep(full.getAsBoolean() ? STEPS_FOR_PLACE : STEPS_IN_TIME, now);
        }
    }

    /** Makes some steps, fewer where a round ends, and none between rounds or while another thread sweeps. */
    void sweep(int steps, long now) {
        if (sweeping.compareAndSet(false, true)) {
            try {
                boolean lacksPlace = full.getAsBoolean();
                if (inRound || lacksPlace || now - nextRound >= 0) {
                    int roundsLeft = lacksPlace ? 2 : 1; // the second one checks what came before the first one's place
                    for (int i = 0; i < steps && roundsLeft > 0; i++) {
                        roundsLeft -= step() ? 0 : 1;
                    }
                    inRound = roundsLeft > 0;
                    nextRound = now + PAUSE;
                }
                tierCache.removeCollected(steps);
            } finally {
                sweeping.set(false);
            }
        }
    }

    /** Checks all states that there are now. Waits for a thread that sweeps. */
    void sweepAll() {
        while (!sweeping.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
        try {
            if (checked != null) {
                endCheck(checked, false);
            }
            last = null;
            while (step()) {}
            inRound = false;
            tierCache.removeCollected(Integer.MAX_VALUE);
        } finally {
            sweeping.set(false);
        }
    }

    /**
     * Makes a step. Returns false at the end of a round, behind the oldest state. A state that cannot be checked, as
     * where a clock of the host throws, is not idle: it must not keep others from being checked.
     */
    private boolean step() {
        OrganizationState organization = checked != null ? checked : beginCheck();
        if (organization == null) {
            return false;
        }
        IdleScan left = requireNonNull(scan);
        boolean idle = false;
        try {
            idle = organization.isUnderCheck() && left.findsIdle(PLACES_OF_STEP, clocks.nanoTime());
        } catch (RuntimeException thrown) {
            listeners.log("An organization could not be checked for being idle", thrown);
        } finally {
            if (!idle || left.isDone()) {
                endCheck(organization, idle);
            }
        }
        return true;
    }

    private @Nullable OrganizationState beginCheck() {
        OrganizationState next = last == null ? newest : last.older;
        if (next == null) {
            last = null;
            tierCache.elect();
            return null;
        }
        next.beginCheck();
        scan = next.idleScan();
        checked = next;
        return next;
    }

    private void endCheck(OrganizationState organization, boolean idle) {
        checked = null;
        scan = null;
        if (organization.endCheck(idle && !organization.hasMembers())) {
            drop.accept(organization);
            unlink(organization);
        } else {
            last = organization;
            organization.voteFor(tierCache);
        }
    }

    private void unlink(OrganizationState ended) {
        if (last != null) {
            last.older = ended.older;
        } else if (!NEWEST.compareAndSet(this, ended, ended.older)) {
            last = ended; // a newer state came; the next round takes this one out
            return;
        }
        ended.older = null; // a reservation may hold this state for long, and must not hold all older ones
    }
}
