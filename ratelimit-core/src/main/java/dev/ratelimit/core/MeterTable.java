package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Meters by key: a hash table with linear probing that only grows. Most organizations have one to three meters, and there may be a million
 * organizations, so the table is part of its organization and an array of as many places as there are meters, if those are one or two.
 *
 * <p>Looking up takes no lock. Meters are added under the lock of this object, first the meter, then the key by which it is found.
 */
abstract class MeterTable {

    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(Object[].class);

    /** Keys at even places, and behind each its meter. */
    private volatile @Nullable Object[] pairs = new Object[2];

    private int size;

    /** Returns a hash whose lower bits depend on all of the key's, but for the last, which is 0. */
    static int hash(Rule.Key key) {
        int hash = key.hashCode();
        return (hash ^ (hash >>> 16)) << 1;
    }

    /** Makes the meter of a key that has none. */
    abstract Meter newMeter(Rule.Key key);

    /** Returns the one meter of a rule's key. */
    final Meter meter(Rule rule) {
        Meter known = known(rule);
        return known != null ? known : add(rule.key);
    }

    /** Returns the meter of a rule's key, null if it has none. */
    final @Nullable Meter known(Rule rule) {
        Object[] known = pairs;
        int last = known.length - 1;
        int place = rule.hash & last;
        for (int i = 0; i < last; i += 2) {
            if (known[place] == rule.key) {
                VarHandle.acquireFence(); // what was written before the key is read after it
                return meterAt(known, place);
            }
            place = (place + 2) & last;
        }
        return known(rule.key);
    }

    private synchronized Meter add(Rule.Key key) {
        Meter known = known(key);
        return known != null ? known : put(key, newMeter(key));
    }

    /** Returns the meter of a key, null if it has none. */
    final @Nullable Meter known(Rule.Key key) {
        Object[] known = pairs;
        int last = known.length - 1;
        int place = hash(key) & last;
        for (int i = 0; i < last; i += 2) {
            Object found = PLACE.getVolatile(known, place);
            if (found == null) {
                return null;
            }
            if (found.equals(key)) {
                return meterAt(known, place);
            }
            place = (place + 2) & last;
        }
        return null;
    }

    /** Adds the meter of a key that has none. */
    final synchronized Meter put(Rule.Key key, Meter meter) {
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

    private static void insert(Object[] pairs, Rule.Key key, Meter meter) {
        int last = pairs.length - 1;
        int place = hash(key) & last;
        while (pairs[place] != null) {
            place = (place + 2) & last;
        }
        pairs[place + 1] = meter;
        PLACE.setVolatile(pairs, place, key);
    }

    /** Visits all meters that were added before this is called, and maybe some that are added meanwhile. */
    final void forEach(BiConsumer<Rule.Key, Meter> visitor) {
        Object[] known = pairs;
        for (int place = 0; place < known.length; place += 2) {
            Rule.Key key = (Rule.Key) PLACE.getVolatile(known, place);
            if (key != null) {
                visitor.accept(key, meterAt(known, place));
            }
        }
    }

    /** Tells whether all meters are idle. */
    final boolean isIdle(long now) {
        Object[] known = pairs;
        for (int place = 0; place < known.length; place += 2) {
            if (PLACE.getVolatile(known, place) != null
                    && !meterAt(known, place).isIdle(now)) {
                return false;
            }
        }
        return true;
    }

    private static Meter meterAt(Object[] pairs, int place) {
        return (Meter) pairs[place + 1];
    }
}
