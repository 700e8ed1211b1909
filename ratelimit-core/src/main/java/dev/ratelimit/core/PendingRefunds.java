package dev.ratelimit.core;

import dev.ratelimit.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Refunds that calls could not make, because their threads had no stack left or the JVM no memory. The next call makes
 * them before it decides.
 *
 * <p>A refund is put here by one assignment in the frame that needs it, since there may be no stack for another frame.
 * So an entry is an array: an object would need a frame for its constructor. And there is neither a CAS nor a lock,
 * which need stack too. So if two threads run out of stack at the same moment, the entry of one may be lost, and its
 * units stay charged until they expire.
 *
 * <p>No refund is made twice. An entry that was made is marked while the lock of this object is held, as an assignment
 * that is late may put it back.
 */
final class PendingRefunds {

    private static final VarHandle NEWEST = VarHandles.of(MethodHandles.lookup(), "newest", Object[].class);

    /**
     * The newest entry: the one before it, the organization, the limit, the usage, and in an array of its own the
     * position. The organization is null when the refund is made.
     */
    volatile Object @Nullable [] newest;

    /** Makes all refunds; or throws, and leaves the others to a later call. */
    void make() {
        if (newest != null) {
            makeAll();
        }
    }

    private synchronized void makeAll() {
        for (Object[] entry = newest; entry != null; entry = newest) {
            if (entry[1] instanceof OrganizationState organization) {
                Decider.refund(organization, (CompiledLimit) entry[2], (Usage) entry[3], ((long[]) entry[4])[0]);
                entry[1] = null;
            }
            NEWEST.compareAndSet(this, entry, (Object[]) entry[0]);
        }
    }
}
