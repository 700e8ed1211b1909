package dev.ratelimit.core;

import dev.ratelimit.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Refunds that a call could not make, because its thread had no stack left or the JVM no memory. The next call makes
 * them before it decides.
 *
 * <p>A refund is put here by one assignment in the frame that needs it, since there may be no stack for another frame.
 * So an entry is an array: an object would need a frame for its constructor. For the same reason there is neither a CAS
 * nor a lock. If two threads run out of stack at the same moment, the entry of one may be lost. Its units then stay
 * charged until they expire.
 *
 * <p><b>Guarantees.</b> No refund is made twice. An entry whose refund is made is marked while the lock of this object
 * is held, since a late assignment may put the entry back.
 */
final class PendingRefunds {

    private static final VarHandle NEWEST = VarHandles.of(MethodHandles.lookup(), "newest", Object[].class);

    /**
     * The newest entry. Its elements are the entry before it, the organization, the limit, the usage, and an array with
     * the position. The organization is null once the refund is made.
     */
    volatile Object @Nullable [] newest;

    /** Makes all refunds. If one throws, the others are left to a later call. */
    void make() {
        if (newest != null) {
            makeAll();
        }
    }

    private synchronized void makeAll() {
        for (Object[] entry = newest; entry != null; entry = newest) {
            if (entry[1] instanceof OrganizationState organization) {
                organization.refund((CompiledLimit) entry[2], (Usage) entry[3], ((long[]) entry[4])[0]);
                entry[1] = null;
            }
            NEWEST.compareAndSet(this, entry, (Object[]) entry[0]);
        }
    }
}
