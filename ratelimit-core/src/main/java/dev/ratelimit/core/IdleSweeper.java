package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.core.MeterTable.IdleScan;
import dev.ratelimit.kernel.Listeners;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drops the state of organizations that are idle, some steps at a time, in rounds from the newest to the oldest; and
 * what was held by none but those. A step looks at the next organization; one that has more than a few meters takes
 * several steps, so that no step takes longer than others however many meters there are.
 *
 * <p>Organizations are a list for this, newest first: to walk the map of organizations would take time in proportion to
 * the most it ever held. Any thread puts an organization before the list, by a CAS on its head; only the thread that
 * sweeps takes any out.
 *
 * <p>Safe for use by many threads. One of them sweeps at a time; the others go on without.
 */
final class IdleSweeper {

    /** The places of a table that a step looks at: the meters of most organizations. */
    private static final int PLACES_OF_STEP = 16;

    private static final long MILLISECOND = 1_000_000;

    private static final VarHandle NEWEST = VarHandles.of(MethodHandles.lookup(), "newest", OrganizationState.class);
    private static final VarHandle DUE = VarHandles.of(MethodHandles.lookup(), "due", long.class);

    private final Clocks clocks;
    private final Listeners listeners;
    private final Consumer<OrganizationState> drop;
    private final TierCache tierCache;

    private volatile @Nullable OrganizationState newest;

    /** When a call will sweep again. */
    private volatile long due;

    /* Held by the thread that sweeps. It guards the fields below, and the links of the list. */
    private final AtomicBoolean sweeping = new AtomicBoolean();

    /** The last organization that was looked at and stays; null at the beginning of the list. */
    private @Nullable OrganizationState last;

    /** The organization behind that one while it is under check, and what is left to look at of it. */
    private @Nullable OrganizationState checked;

    private @Nullable IdleScan scan;

    IdleSweeper(Clocks clocks, Listeners listeners, Consumer<OrganizationState> drop, TierCache tierCache) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.drop = drop;
        this.tierCache = tierCache;
        this.due = clocks.nanoTime();
    }

    /** Puts a new organization before the others. */
    void add(OrganizationState added) {
        do {
            added.older = newest;
        } while (!NEWEST.compareAndSet(this, added.older, added));
    }

    /** Returns true to one call in a millisecond, which sweeps then. */
    boolean isDue(long now) {
        long known = due;
        return now - known >= 0 && DUE.compareAndSet(this, known, now + MILLISECOND);
    }

    /** Makes some steps, or as many as it takes to look at each organization, unless another thread sweeps. */
    void sweep(int steps) {
        if (sweeping.compareAndSet(false, true)) {
            try {
                int ends = 0;
                for (int i = 0; i < steps && ends < 2; i++) {
                    ends += step() ? 0 : 1;
                }
                tierCache.removeCollected(steps);
            } finally {
                sweeping.set(false);
            }
        }
    }

    /** Looks at all organizations that there are now. */
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
            tierCache.removeCollected(Integer.MAX_VALUE);
        } finally {
            sweeping.set(false);
        }
    }

    /**
     * Makes a step. Returns false at the end of a round, behind the oldest organization. An organization that cannot be
     * looked at, as where a clock of the host throws, is not idle: it must not keep others from being looked at.
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
            tierCache.forgetUsual();
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
        if (organization.endCheck(idle)) {
            drop.accept(organization);
            unlink(organization);
        } else {
            last = organization;
        }
    }

    private void unlink(OrganizationState ended) {
        if (last != null) {
            last.older = ended.older;
        } else if (!NEWEST.compareAndSet(this, ended, ended.older)) {
            last = ended; // it is not the newest any more, and will be taken out in the next round
            return;
        }
        ended.older = null; // a reservation may hold it for long, and must not hold all that are older
    }
}
