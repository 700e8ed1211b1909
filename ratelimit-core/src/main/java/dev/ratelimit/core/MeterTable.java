package dev.ratelimit.core;

import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Meters by key: a hash table with linear probing that only grows. Most organizations have one to three meters, and
 * there may be a million organizations, so the table is part of its organization and an array of as many places as
 * there are meters, if those are one or two.
 *
 * <p>Looking up takes no lock. Meters are added under the lock of this object, first the meter, then the key by which
 * it is found.
 *
 * <p>A look-up compares references first, which asks no key for its content. Keys of different compiled tiers may be
 * equal all the same, after a change of tier for example. So where a call finds its meter by an equal key, the call's
 * own key takes that key's place, for the calls to come.
 */
abstract class MeterTable {

    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(Object[].class);

    /** Keys at even places, and behind each its meter. */
    private volatile @Nullable Object[] pairs = new Object[2];

    private int size;

    /** Returns a hash whose last bit is 0. */
    static int hash(MeterKey key) {
        return key.hashCode() << 1;
    }

    /** Makes the meter of a key that has none. */
    abstract Meter newMeter(MeterKey key);

    /** Returns the one meter of a limit's key. */
    final Meter meter(CompiledLimit limit) {
        Meter known = ofSame(limit);
        return known != null ? known : ofEqual(limit.key);
    }

    /** Returns the meter of a limit's key, null if it has none. */
    final @Nullable Meter find(CompiledLimit limit) {
        Meter known = ofSame(limit);
        return known != null ? known : find(limit.key);
    }

    /** Returns the meter of the very key that a limit has, null if that is not in the table. */
    @SuppressWarnings("ReferenceEquality")
    private @Nullable Meter ofSame(CompiledLimit limit) {
        Object[] known = pairs;
        int last = known.length - 1;
        int place = limit.hash & last;
        for (int i = 0; i < last; i += 2) {
            Object found = known[place];
            if (found == limit.key) {
                VarHandle.acquireFence(); // what was written before the key is read after it
                return meterAt(known, place);
            }
            if (found == null) {
                return null;
            }
            place = (place + 2) & last;
        }
        return null;
    }

    private Meter ofEqual(MeterKey key) {
        Object[] known = pairs;
        int place = placeOf(key, known);
        if (place < 0) {
            return add(key);
        }
        PLACE.setRelease(known, place, key); // lost if the table grows meanwhile, until the next call
        return meterAt(known, place);
    }

    private synchronized Meter add(MeterKey key) {
        Meter known = find(key);
        return known != null ? known : put(key, newMeter(key));
    }

    /** Returns the meter of a key, null if it has none. */
    final @Nullable Meter find(MeterKey key) {
        Object[] known = pairs;
        int place = placeOf(key, known);
        return place < 0 ? null : meterAt(known, place);
    }

    /** Returns the place of a key, a negative number if it has none. */
    private static int placeOf(MeterKey key, Object[] pairs) {
        int last = pairs.length - 1;
        int place = hash(key) & last;
        for (int i = 0; i < last; i += 2) {
            Object found = PLACE.getVolatile(pairs, place);
            if (found == null) {
                return -1;
            }
            if (found.equals(key)) {
                return place;
            }
            place = (place + 2) & last;
        }
        return -1;
    }

    /** Adds the meter of a key that has none. */
    final synchronized Meter put(MeterKey key, Meter meter) {
        Object[] known = pairs;
        int places = known.length / 2;
        if (size == Math.max(Math.min(places, 2), places * 3 / 4)) {
            Object[] wider = new Object[2 * known.length];
            forEach((other, its) -> insert(wider, other, its));
            pairs = wider;
        }
        insert(pairs, key, meter);
        size++;
        return meter;
    }

    /**
     * Makes room for so many meters in a table without any. Meters that come in the order of another table's places
     * would crowd at the beginning of one that grows with them, and to put each behind all others takes time in
     * proportion to their square.
     */
    final synchronized void reserve(int meters) {
        int places = pairs.length / 2;
        while (Math.max(Math.min(places, 2), places * 3L / 4) < meters) {
            places *= 2;
        }
        pairs = new Object[2 * places];
    }

    private static void insert(Object[] pairs, MeterKey key, Meter meter) {
        int last = pairs.length - 1;
        int place = hash(key) & last;
        while (pairs[place] != null) {
            place = (place + 2) & last;
        }
        pairs[place + 1] = meter;
        PLACE.setVolatile(pairs, place, key);
    }

    /** Visits all meters that were added before this is called, and maybe some that are added meanwhile. */
    final void forEach(BiConsumer<MeterKey, Meter> visitor) {
        Object[] known = pairs;
        for (int place = 0; place < known.length; place += 2) {
            MeterKey key = (MeterKey) PLACE.getVolatile(known, place);
            if (key != null) {
                visitor.accept(key, meterAt(known, place));
            }
        }
    }

    /** Begins to look whether all meters that there are now are idle. */
    final IdleScan idleScan() {
        return new IdleScan(pairs);
    }

    /** Tells whether no meter counts anything. */
    final boolean isIdle(long now) {
        IdleScan scan = idleScan();
        return scan.findsIdle(scan.pairs.length / 2, now);
    }

    /**
     * A look whether all meters of a table are idle, at some places of it at a time. Not safe for use by many threads.
     */
    static final class IdleScan {

        private final Object[] pairs;
        private int place;

        private IdleScan(Object[] pairs) {
            this.pairs = pairs;
        }

        /** Looks at some more places. Tells whether no meter there counts anything. */
        boolean findsIdle(int places, long now) {
            for (int end = Math.min(place + 2 * places, pairs.length); place < end; place += 2) {
                if (PLACE.getVolatile(pairs, place) != null
                        && !meterAt(pairs, place).isIdle(now)) {
                    return false;
                }
            }
            return true;
        }

        /** Tells whether all places were looked at. */
        boolean isDone() {
            return place >= pairs.length;
        }
    }

    private static Meter meterAt(Object[] pairs, int place) {
        return (Meter) pairs[place + 1];
    }
}
