package dev.ratelimit.core;

import dev.ratelimit.spi.QuotaStore;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What this machine has of one period of a {@link LeasedQuota}: the units that its leases leave unused, what the
 * store's counter showed last, and the units that the store is still to be told.
 *
 * <p>Units that are used, as far as this machine knows, are those that the counter shows as taken, and those that the
 * store is still to be told, less those that are left here.
 *
 * <p><b>Guarantees.</b> A unit of a lease is given to one call. It is either left, or used, or given back to the store.
 * A call charges by one CAS on {@link Holding#left}. What the counter shows and what is left change together, since a
 * change replaces the {@link Holding}: it first takes all that is left out of the old one, by one atomic exchange. So a
 * charge is either in what was taken out, or its CAS fails and it is decided anew by the new holding.
 *
 * <p><b>Progress.</b> A charge takes no lock. Answers of the store do, and so does what is given back while a holding
 * is being replaced.
 */
final class LeasedPeriod implements Meter.Booking {

    /** What is left in a holding that was replaced. */
    static final long REPLACED = Long.MIN_VALUE;

    /** After how many rounds without use a period is idle. */
    static final int IDLE = 3;

    private static final VarHandle UNTOLD = VarHandles.of(MethodHandles.lookup(), "untold", long.class);

    /** The units that are left here, and what the store's counter showed when it was asked last. */
    static final class Holding {

        private static final VarHandle LEFT = VarHandles.of(MethodHandles.lookup(), "left", long.class);

        /** Whether the store was asked. */
        final boolean isKnown;

        final long taken;
        final long granted;

        /** The taken units that other machines have not used, if that was asked. */
        final long unusedElsewhere;

        /** The monotonic clock before the store was asked. */
        final long asked;

        /** When no more units than these are left, more should be taken. */
        final long low;

        volatile long left;

        private Holding(
                boolean isKnown, long taken, long granted, long unusedElsewhere, long asked, long low, long left) {
            this.isKnown = isKnown;
            this.taken = taken;
            this.granted = granted;
            this.unusedElsewhere = unusedElsewhere;
            this.asked = asked;
            this.low = low;
            this.left = left;
        }

        /** Charges units, unless others than those that the decision has read are left. */
        boolean charge(long decidedBy, long units) {
            return units == 0 ? left != REPLACED : LEFT.compareAndSet(this, decidedBy, decidedBy - units);
        }

        /** Takes out all that is left, for the holding that replaces this one. */
        private long replaced() {
            return (long) LEFT.getAndSet(this, REPLACED);
        }
    }

    private record Held(UUID id, long units) {}

    /** The number of this period, which no other period of the meter has. */
    final int number;

    final LeasedQuota quota;

    final QuotaStore.Counter counter;

    /** The period before this one; null if nobody may need it any more. */
    volatile @Nullable LeasedPeriod former;

    /** The place of the counter's exchange: see {@link Exchange}. */
    final AtomicReference<@Nullable Exchange<?>> exchange = new AtomicReference<>();

    volatile Holding holding;

    /** When the leases end, by the monotonic clock. The period itself ends no earlier. */
    volatile long endAt;

    /** Units that are used, or given back if negative, of which the store's counter does not show anything yet. */
    private volatile long untold;

    /** Whether the period has ended, or its meter was dropped: then it takes no lease any more. */
    private boolean over;

    /** Whether what was used is forgotten: then nothing is given back any more. */
    private volatile boolean forgotten;

    private final Deque<Held> leases = new ArrayDeque<>(1);

    /** What was left in the last round, and in how many before it. */
    private long seenLeft;

    private int unchanged;

    LeasedPeriod(LeasedQuota quota, int number, QuotaStore.Counter counter, long now, @Nullable LeasedPeriod former) {
        this.quota = quota;
        this.number = number;
        this.counter = counter;
        this.former = former;
        this.endAt = now;
        this.holding = new Holding(false, 0, 0, 0, now, -1, 0);
    }

    /* ---------------- Charging ---------------- */

    /** Returns the units that the store is still to be told. */
    long untold() {
        return untold;
    }

    /** Charges units whether they fit or not: first those that are left of good leases, then such as none covers. */
    void chargeAnyway(long units, boolean leasesAreGood) {
        long rest = units;
        while (rest > 0 && leasesAreGood) {
            Holding known = holding;
            long left = known.left;
            if (left == REPLACED) {
                synchronized (this) {
                    leasesAreGood = !over;
                }
                continue;
            }
            long more = Math.min(left, rest);
            if (more <= 0) {
                break;
            }
            rest -= known.charge(left, more) ? more : 0;
        }
        tell(rest);
    }

    /** Adds to the units that the store is still to be told, unless what was used is forgotten. */
    private void tell(long units) {
        if (units != 0 && !forgotten) {
            UNTOLD.getAndAdd(this, units);
        }
    }

    /** Gives units back: to this machine, or to the store if the period takes no leases any more. */
    void giveBack(long units) {
        while (units > 0) {
            Holding known = holding;
            long left = known.left;
            if (left != REPLACED) {
                if (known.charge(left, -units)) {
                    return;
                }
                continue;
            }
            synchronized (this) {
                if (over) {
                    tell(-units);
                    return;
                }
            }
        }
    }

    /* ---------------- Answers of the store ---------------- */

    /** Takes in a lease, and what the counter shows with it. Returns false if it must go back: the period is over. */
    synchronized boolean add(UUID id, long units, QuotaStore.Count count, long asked) {
        if (!over) {
            leases.add(new Held(id, units));
            replace(count, asked, units, 0);
        }
        return !over;
    }

    /** Takes in what the counter shows. */
    synchronized void see(QuotaStore.Count count, long asked) {
        replace(count, asked, 0, 0);
    }

    /** Takes in what the counter shows after it was told of some units. */
    synchronized void told(long units, QuotaStore.Count count, long asked) {
        replace(count, asked, 0, units);
    }

    /**
     * Takes told units off while nothing is left in the old holding. A call that finds them in neither count cannot
     * charge then, and none finds them in both, which would refuse what fits.
     */
    private void replace(QuotaStore.Count count, long asked, long more, long told) {
        Holding old = holding;
        long left = over ? REPLACED : old.replaced() + more;
        tell(-told);
        long low = more > 0 ? left / 2 : old.low;
        holding = new Holding(true, count.taken(), count.granted(), count.unusedElsewhere(), asked, low, left);
    }

    /** Lets a refusal be decided only after the store was asked again. */
    synchronized void doubt(long now) {
        Holding old = holding;
        if (!over) {
            long left = old.replaced();
            holding = new Holding(false, old.taken, old.granted, 0, now, old.low, left);
        }
    }

    /* ---------------- Leases ---------------- */

    /** Returns how much of each lease is used; the oldest lease is used first. */
    synchronized List<QuotaStore.Use> uses() {
        return uses(Math.max(0, left()));
    }

    private long left() {
        long left = holding.left;
        return left == REPLACED ? 0 : left;
    }

    private List<QuotaStore.Use> uses(long unused) {
        List<QuotaStore.Use> uses = new ArrayList<>(leases.size());
        long used = Math.max(0, units() - unused);
        for (Held lease : leases) {
            long its = Math.min(used, lease.units);
            uses.add(new QuotaStore.Use(lease.id, its));
            used -= its;
        }
        return uses;
    }

    private long units() {
        long units = 0;
        for (Held lease : leases) {
            units += lease.units;
        }
        return units;
    }

    /** Takes out the leases that are used up. Units that are left beyond all leases become units to tell. */
    synchronized List<QuotaStore.Use> takeUsedUp() {
        List<QuotaStore.Use> usedUp = new ArrayList<>();
        if (over) {
            return usedUp;
        }
        long units = units();
        long beyond = left() - units;
        if (beyond > 0 && takeLeft(beyond)) {
            tell(-beyond);
        }
        long used = units - left();
        for (Held oldest = leases.peek(); oldest != null && oldest.units <= used; oldest = leases.peek()) {
            leases.remove();
            used -= oldest.units;
            usedUp.add(new QuotaStore.Use(oldest.id, oldest.units));
        }
        return usedUp;
    }

    private boolean takeLeft(long units) {
        Holding known = holding;
        long left = known.left;
        return left >= units && known.charge(left, units);
    }

    /** Takes out all leases, which are to be given back with what is used of them. */
    synchronized List<QuotaStore.Use> takeAll() {
        Holding old = holding;
        long left = over ? 0 : old.replaced();
        long unused = Math.min(left, units());
        List<QuotaStore.Use> all = uses(unused);
        leases.clear();
        tell(unused - left);
        if (!over) {
            holding = new Holding(old.isKnown, old.taken - unused, old.granted, 0, old.asked, -1, 0);
        }
        return all;
    }

    /** Takes out leases that the store does not have any more, with what they leave unused. */
    synchronized void lose(Set<UUID> gone) {
        long unused = left();
        List<QuotaStore.Use> uses = uses(unused);
        int i = 0;
        long lost = 0;
        for (Held lease : List.copyOf(leases)) {
            QuotaStore.Use use = uses.get(i++);
            if (gone.contains(lease.id)) {
                leases.remove(lease);
                lost += lease.units - use.used();
            }
        }
        while (lost > 0 && !takeLeft(Math.min(lost, Math.max(0, left())))) {}
    }

    /**
     * Ends this period: it takes no lease any more.
     *
     * @param forgets whether what was used is forgotten
     * @return the leases, which are to be given back
     */
    synchronized List<QuotaStore.Use> end(boolean forgets) {
        List<QuotaStore.Use> all = takeAll();
        if (!over) {
            Holding old = holding;
            long back = old.replaced(); // what calls gave back meanwhile
            over = true;
            tell(-back);
        }
        if (forgets) {
            forgotten = true;
            untold = 0;
        }
        return all;
    }

    synchronized boolean isOver() {
        return over;
    }

    /** Tells whether the store has something of this machine here, or is to be told something. */
    synchronized boolean isActive() {
        return !leases.isEmpty() || left() != 0 || untold != 0 || exchange.get() != null;
    }

    /** Tells, once a round, whether as much is left as some rounds before. */
    synchronized boolean isIdle() {
        long left = left();
        unchanged = left == seenLeft ? unchanged + 1 : 0;
        seenLeft = left;
        return unchanged >= IDLE && !leases.isEmpty();
    }
}
