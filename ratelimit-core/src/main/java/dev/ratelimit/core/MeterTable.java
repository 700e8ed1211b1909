package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The meters of an organization by key: the first three in fields, and the others in a hash table with linear probing,
 * which only grows.
 *
 * <p>Most organizations have one to three meters, and a limiter may have a million organizations. So the table is part
 * of its organization. Three meters take no array, and are found where the organization is: a call does not wait for
 * the memory of an array before it can ask for that of its meters.
 *
 * <p>A look-up compares references first, which reads no content of a key. Keys of different compiled tiers can be
 * equal, for example after a change of tier. So when a call finds its meter by an equal key, its own key replaces that
 * key for later calls.
 *
 * <p><b>Guarantees.</b> A key has one meter for the life of the table. Meters are added under the lock of this object:
 * first the meter is written, then its key.
 *
 * <p><b>Progress.</b> A look-up takes no lock, and probes each place at most once.
 */
abstract class MeterTable extends Life {

    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle FIRST_KEY = VarHandles.of(MethodHandles.lookup(), "firstKey", MeterKey.class);
    private static final VarHandle SECOND_KEY = VarHandles.of(MethodHandles.lookup(), "secondKey", MeterKey.class);
    private static final VarHandle THIRD_KEY = VarHandles.of(MethodHandles.lookup(), "thirdKey", MeterKey.class);

    /** The number of meters in fields. */
    private static final int FIELDS = 3;

    private static final Object[] NONE = new Object[2];

    /** From how many meters on the maps of limits and meters are in no near cache. */
    private static final int MANY = 64;

    /* The keys of the first meters; null where there is none. Each is written after its meter, and read before it. */
    private volatile @Nullable MeterKey firstKey;
    private volatile @Nullable MeterKey secondKey;
    private volatile @Nullable MeterKey thirdKey;

    private @Nullable Meter first;
    private @Nullable Meter second;
    private @Nullable Meter third;

    /** The keys of the other meters at even places, each followed by its meter. */
    private volatile @Nullable Object[] pairs = NONE;

    /** The number of meters in the array, written under the lock of this object. */
    private int size;

    MeterTable(@Nullable MemberStates home) {
        super(home);
    }

    /** Makes the meter of a key that has none. */
    abstract Meter newMeter(MeterKey key);

    /** Tells whether there are many meters: a hint, which may be late. */
    final boolean hasMany() {
        return size >= MANY;
    }

    /** Returns the meter of a limit, which is made if there is none. */
    final Meter meter(CompiledLimit limit) {
        Meter known = ofSame(limit);
        return known != null ? known : ofEqual(limit.key);
    }

    /** Returns the meter of a limit, or null if there is none. */
    final @Nullable Meter find(CompiledLimit limit) {
        Meter known = ofSame(limit);
        return known != null ? known : find(limit.key);
    }

    /** Returns the meter whose key is the same object as the limit's; null if no key is. */
    @SuppressWarnings("ReferenceEquality")
    private @Nullable Meter ofSame(CompiledLimit limit) {
        MeterKey key = limit.key;
        if (key == firstKey) {
            return first;
        }
        if (key == secondKey) {
            return second;
        }
        return key == thirdKey ? third : amongOthers(key);
    }

    @SuppressWarnings("ReferenceEquality")
    private @Nullable Meter amongOthers(MeterKey key) {
        Object[] known = pairs;
        int last = known.length - 1;
        int place = key.evenHash() & last;
        for (int i = 0; i < last; i += 2) {
            Object found = known[place];
            if (found == key) {
                VarHandle.acquireFence(); // the meter was written before its key, and is read after it
                return meterAt(known, place);
            }
            if (found == null) {
                return null;
            }
            place = (place + 2) & last;
        }
        return null;
    }

    /** Returns the meter of an equal key, which is made if there is none. */
    private Meter ofEqual(MeterKey key) {
        int field = fieldOf(key);
        if (field >= 0) {
            replaceKey(field, key);
            return inField(field);
        }
        Object[] known = pairs;
        int place = placeOf(key, known);
        if (place < 0) {
            return add(key);
        }
        PLACE.setRelease(known, place, key); // lost if the table grows meanwhile; the next call does it again
        return meterAt(known, place);
    }

    private synchronized Meter add(MeterKey key) {
        Meter known = find(key);
        return known != null ? known : put(key, newMeter(key));
    }

    /** Returns the meter of a key, or null if there is none. */
    final @Nullable Meter find(MeterKey key) {
        int field = fieldOf(key);
        if (field >= 0) {
            return inField(field);
        }
        Object[] known = pairs;
        int place = placeOf(key, known);
        return place < 0 ? null : meterAt(known, place);
    }

    /* ---------------- The fields ---------------- */

    /** Returns which of the first meters has a key, or a negative number if none has. */
    private int fieldOf(MeterKey key) {
        int field = FIELDS - 1;
        while (field >= 0 && !key.equals(keyOf(field))) {
            field--;
        }
        return field;
    }

    private @Nullable MeterKey keyOf(int field) {
        return field == 0 ? firstKey : field == 1 ? secondKey : thirdKey;
    }

    /** Returns one of the first meters, whose key was read before. */
    private Meter inField(int field) {
        return requireNonNull(field == 0 ? first : field == 1 ? second : third);
    }

    private void replaceKey(int field, MeterKey equal) {
        if (field == 0) {
            FIRST_KEY.setRelease(this, equal);
        } else if (field == 1) {
            SECOND_KEY.setRelease(this, equal);
        } else {
            THIRD_KEY.setRelease(this, equal);
        }
    }

    /** Returns false if all fields are taken. */
    private boolean putInField(MeterKey key, Meter meter) {
        if (firstKey == null) {
            first = meter;
            firstKey = key;
        } else if (secondKey == null) {
            second = meter;
            secondKey = key;
        } else if (thirdKey == null) {
            third = meter;
            thirdKey = key;
        } else {
            return false;
        }
        return true;
    }

    /* ---------------- The array ---------------- */

    /** Returns the place of a key, or a negative number if it has none. */
    private static int placeOf(MeterKey key, Object[] pairs) {
        int last = pairs.length - 1;
        int place = key.evenHash() & last;
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
        if (putInField(key, meter)) {
            return meter;
        }
        Object[] known = pairs;
        if (size == most(known)) {
            Object[] wider = new Object[known == NONE ? 2 : 2 * known.length];
            forEach(known, (other, its) -> insert(wider, other, its));
            pairs = wider;
        }
        insert(pairs, key, meter);
        size++;
        return meter;
    }

    /**
     * Makes room for meters in a table without any. Restored meters come in the order of another table's places. In a
     * table that grows with them they would crowd at its beginning, and adding them would take quadratic time.
     */
    final synchronized void reserve(int meters) {
        if (meters > FIELDS) {
            Object[] room = new Object[2];
            while (most(room) < meters - FIELDS) {
                room = new Object[2 * room.length];
            }
            pairs = room;
        }
    }

    /** Returns the most meters that an array has before it is replaced by a wider one. */
    private static int most(Object[] pairs) {
        int places = pairs.length / 2;
        return pairs == NONE ? 0 : Math.max(Math.min(places, 2), places / 4 * 3);
    }

    private static void insert(Object[] pairs, MeterKey key, Meter meter) {
        int last = pairs.length - 1;
        int place = key.evenHash() & last;
        while (pairs[place] != null) {
            place = (place + 2) & last;
        }
        pairs[place + 1] = meter;
        PLACE.setVolatile(pairs, place, key);
    }

    /** Visits all meters that were added before the call, and maybe some that are added meanwhile. */
    final void forEach(BiConsumer<MeterKey, Meter> visitor) {
        for (int field = 0; field < FIELDS; field++) {
            MeterKey key = keyOf(field);
            if (key != null) {
                visitor.accept(key, inField(field));
            }
        }
        forEach(pairs, visitor);
    }

    private static void forEach(Object[] pairs, BiConsumer<MeterKey, Meter> visitor) {
        for (int place = 0; place < pairs.length; place += 2) {
            MeterKey key = (MeterKey) PLACE.getVolatile(pairs, place);
            if (key != null) {
                visitor.accept(key, meterAt(pairs, place));
            }
        }
    }

    /** Begins a scan for meters that are not idle, over the present array. */
    final IdleScan idleScan() {
        return new IdleScan(this);
    }

    /** Tells whether all meters are idle. */
    final boolean isIdle(long now) {
        IdleScan scan = idleScan();
        return scan.findsIdle(scan.pairs.length / 2, now);
    }

    /** A scan of a table for meters that are not idle, some places at a time. Not safe for use by many threads. */
    static final class IdleScan {

        private final MeterTable table;
        private final Object[] pairs;
        private int place;

        private IdleScan(MeterTable table) {
            this.table = table;
            this.pairs = table.pairs;
        }

        /** Scans some more places, and with the first ones the fields. Tells whether all meters there are idle. */
        boolean findsIdle(int places, long now) {
            if (place == 0 && !table.areFirstIdle(now)) {
                return false;
            }
            for (int end = Math.min(place + 2 * places, pairs.length); place < end; place += 2) {
                if (PLACE.getVolatile(pairs, place) != null
                        && !meterAt(pairs, place).isIdle(now)) {
                    return false;
                }
            }
            return true;
        }

        /** Tells whether all places are scanned. */
        boolean isDone() {
            return place >= pairs.length;
        }
    }

    private boolean areFirstIdle(long now) {
        for (int field = 0; field < FIELDS; field++) {
            if (keyOf(field) != null && !inField(field).isIdle(now)) {
                return false;
            }
        }
        return true;
    }

    private static Meter meterAt(Object[] pairs, int place) {
        return (Meter) pairs[place + 1];
    }
}
