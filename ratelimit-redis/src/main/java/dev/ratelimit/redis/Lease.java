package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Units of an endpoint's limits that Redis has charged, and that calls on this machine may use until a time, each unit
 * once.
 *
 * <p>Safe for use by many threads. A unit is either served or given back: both take it from the same count.
 */
final class Lease {

    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
    private final CompletableFuture<Boolean> returned;
    private final Caller caller;
    private final Outcome taken;
    private final Unit unit;
    private final long end;
    private final Instant wallEnd;
    private final AtomicLong left;

    /**
     * Makes a lease.
     *
     * @param taken what was charged, to one limit or more of one unit
     * @param left how much of it is unused
     * @param end by the monotonic clock
     * @param wallEnd by the wall clock, if that comes first
     * @param giveBack gives back what is left, when it ends
     */
    Lease(Outcome taken, long left, long end, Instant wallEnd, Function<Lease, CompletableFuture<Boolean>> giveBack) {
        this.caller = taken.charged().caller();
        this.taken = taken;
        this.unit = taken.charged().limits().get(0).unit();
        this.end = end;
        this.wallEnd = wallEnd;
        this.left = new AtomicLong(left);
        this.returned = over.thenCompose(done -> giveBack.apply(this));
    }

    /** Tells whether calls of the same parties under their tiers may still be served. */
    boolean isOpen(Caller asked, TimeSource clock) {
        return nanosLeft(clock) > 0 && clock.instant().isBefore(wallEnd) && caller.equals(asked);
    }

    /** Returns how long it lasts by the monotonic clock; not positive if it is over. */
    long nanosLeft(TimeSource clock) {
        return end - clock.nanoTime();
    }

    /**
     * Uses units for a call, if enough are left. It is called only after {@link #isOpen}: the call counts as of then.
     */
    boolean serves(Usage usage) {
        long units = usage.amountOf(unit);
        for (long now = left.get(); units > 0 && now >= units; now = left.get()) {
            if (left.compareAndSet(now, now - units)) {
                return true;
            }
        }
        return false;
    }

    /** Returns what ends it when it is completed. */
    CompletableFuture<@Nullable Void> over() {
        return over;
    }

    /** Ends the lease, if it has not ended, and gives the rest back. */
    void end() {
        over.complete(null);
    }

    /** Returns what is complete when Redis has answered to what was given back, or is too late. */
    CompletableFuture<Boolean> returned() {
        return returned;
    }

    /** Returns what was charged. */
    LimitSet charged() {
        return taken.charged();
    }

    /** Takes all units that are left, so that no call is served any more. Returns the changes that give them back. */
    List<Change> takeRest() {
        long unused = left.getAndSet(0);
        List<Change> changes = new ArrayList<>();
        for (int i = 0; unused > 0 && i < taken.bookings().size(); i++) {
            Booking charge = taken.bookings().get(i);
            List<Refund> back = List.of(new Refund(charge, unused));
            changes.add(new Change(taken.charged().limits().get(i), back, 0, charge.first()));
        }
        return changes;
    }
}
