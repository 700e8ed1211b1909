package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The life of the {@linkplain OrganizationState state} of an organization or a member, until it is dropped.
 *
 * <p>A sweep drops state that is idle: no later decision depends on it. {@code life} is an epoch that only grows. It is
 * even while the state is live, odd while a check for idleness is under way, and {@link #DEAD} in the end.
 *
 * <ol>
 *   <li>A check raises {@code life} to an odd number, then reads all meters. It ends with a CAS from that odd number:
 *       to DEAD if all meters are idle, otherwise to the next even number.
 *   <li>A call charges first, and then reads {@code life}. If a check is under way, the call raises {@code life}, and
 *       the last CAS of the check fails. If the state is dead, the call is decided again on a new state.
 * </ol>
 *
 * <p>A charge is written before the call reads {@code life}. The odd number is written before the check reads the
 * charges. So one of the two sees the other. No charge that was reported as admitted is dropped while it counts. A call
 * that takes leases from a store does the same: it takes the place of its {@link Exchange}, by which the meter is not
 * idle, then reads {@code life}, and asks the store only if the state is live.
 *
 * <p>The state of a member has a life of its own. It is live only while that of its organization is. An organization
 * that has a state of a member is not idle.
 *
 * <p>It is a class of its own, and the first of a state, so that it is near in memory to what a call reads before its
 * charge. Otherwise a call often waits for memory once more when it has charged.
 */
abstract class Life {

    /** The end of a life. It is even, so that no call takes it for a check, and no count of checks reaches it. */
    private static final long DEAD = Long.MIN_VALUE;

    private static final VarHandle LIFE = VarHandles.of(MethodHandles.lookup(), "life", long.class);

    private volatile long life;

    /** Where this is the state of a member: those of the members of its organization. */
    final @Nullable MemberStates home;

    Life(@Nullable MemberStates home) {
        this.home = home;
    }

    /** Tells whether a decision holds that is made here, while the organization of this member is live. */
    final boolean isLive() {
        long seen = life;
        while ((seen & 1) != 0) {
            if (LIFE.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
            seen = life;
        }
        return seen != DEAD;
    }

    /** Tells whether this state has ended. Unlike a decision, this stops no check for idleness. */
    final boolean hasEnded() {
        return life == DEAD;
    }

    /** Ends this state, idle or not, and not those of its members. */
    final void end() {
        life = DEAD;
    }

    /**
     * Begins a check for idleness, unless this state has ended. The state of a member ends with that of its
     * organization. For one thread at a time.
     */
    final boolean beginCheck() {
        Life owner = home == null ? null : home.owner();
        if (owner != null && owner.life == DEAD) {
            end();
        }
        long live = life;
        return live != DEAD && LIFE.compareAndSet(this, live, live + 1);
    }

    /** Tells whether a check is under way that no call has stopped. */
    final boolean isUnderCheck() {
        return (life & 1) != 0;
    }

    /** Ends a check, and this state if it is idle and no call came meanwhile. Tells whether the state has ended. */
    final boolean endCheck(boolean idle) {
        long checking = life;
        if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) {
            return false;
        }
        return life == DEAD;
    }
}
