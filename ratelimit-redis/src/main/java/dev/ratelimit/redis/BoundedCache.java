package dev.ratelimit.redis;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A cache with a place for each hash: a new entry takes the place of the one that was there. So it never holds more
 * than its places, nothing is ever cleared at once, and whoever makes up keys can push out only as many entries as he
 * asks for.
 *
 * <p>Safe for use by many threads, and lock-free.
 */
final class BoundedCache<K, V> {

    private record Entry<K, V>(K key, V value) {}

    private final AtomicReferenceArray<@Nullable Entry<K, V>> places;

    /** A hint: threads may look at the same place, or pass by one, which is looked at the next time. */
    private int swept;

    /** Makes an empty one, of so many places, which is a power of two. */
    BoundedCache(int places) {
        this.places = new AtomicReferenceArray<>(places);
    }

    @Nullable
    V get(K key) {
        Entry<K, V> found = places.get(place(key));
        return found != null && found.key.equals(key) ? found.value : null;
    }

    void put(K key, V value) {
        places.set(place(key), new Entry<>(key, value));
    }

    /** Looks at the next place, and empties it if its value is of no use any more. */
    void sweep(Predicate<V> useless) {
        int place = swept++ & (places.length() - 1);
        Entry<K, V> found = places.get(place);
        if (found != null && useless.test(found.value)) {
            places.compareAndSet(place, found, null);
        }
    }

    private int place(Object key) {
        int hash = key.hashCode();
        return (hash ^ hash >>> 16) & (places.length() - 1);
    }
}
