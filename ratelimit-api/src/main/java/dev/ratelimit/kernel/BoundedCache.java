package dev.ratelimit.kernel;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A direct-mapped cache: each hash has one place, and a new entry replaces the one that was there. The cache never
 * holds more entries than it has places, and nothing clears it at once. Each key that a caller makes up replaces one
 * entry at most.
 *
 * <p>Safe for use by many threads, and lock-free.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class BoundedCache<K, V> {

    private record Entry<K, V>(K key, V value) {}

    private final AtomicReferenceArray<@Nullable Entry<K, V>> places;

    /** A hint: two threads may visit the same place, or skip one, which a later sweep visits. */
    private int swept;

    /**
     * Makes an empty cache.
     *
     * @param places the number of places, a power of two
     */
    public BoundedCache(int places) {
        this.places = new AtomicReferenceArray<>(places);
    }

    /**
     * Returns the value of a key.
     *
     * @param key the key
     * @return the value, null if the cache does not hold the key
     */
    public @Nullable V get(K key) {
        Entry<K, V> found = places.get(place(key));
        return found != null && found.key.equals(key) ? found.value : null;
    }

    /**
     * Puts an entry in its place.
     *
     * @param key the key
     * @param value the value
     */
    public void put(K key, V value) {
        places.set(place(key), new Entry<>(key, value));
    }

    /**
     * Visits the next place, and empties it if its value is useless.
     *
     * @param useless tells whether a value is
     */
    public void sweep(Predicate<V> useless) {
        int place = swept++ & (places.length() - 1);
        Entry<K, V> found = places.get(place);
        if (found != null && useless.test(found.value)) {
            places.compareAndSet(place, found, null);
        }
    }

    /**
     * Counts entries. It takes time in proportion to the number of places.
     *
     * @param counts tells whether a value counts
     * @return how many do; while entries come and go, each place is as of another moment
     */
    public int count(Predicate<V> counts) {
        int number = 0;
        for (int place = 0; place < places.length(); place++) {
            Entry<K, V> found = places.get(place);
            if (found != null && counts.test(found.value)) {
                number++;
            }
        }
        return number;
    }

    private int place(Object key) {
        int hash = key.hashCode();
        return (hash ^ hash >>> 16) & (places.length() - 1);
    }
}
