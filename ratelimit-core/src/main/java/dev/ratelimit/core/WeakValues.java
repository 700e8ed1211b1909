package dev.ratelimit.core;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A map with weak values: each value stays for as long as somebody else holds it. So what many organizations have alike
 * is one object, and is collected some time after the last of them drops it.
 *
 * <p>Safe for use by many threads. To find a value takes no lock.
 */
final class WeakValues<K, V> {

    /** The collected values that an added one removes: more than one, so that fewer remain in the end. */
    private static final int REMOVED_BY_ADDED = 4;

    /** The values of some maps that were collected, and whose entries are still to be removed. */
    static final class Collected {

        private final ReferenceQueue<Object> queue = new ReferenceQueue<>();

        /** Removes some values that were collected. */
        void remove(int most) {
            for (int i = 0; i < most; i++) {
                Reference<?> gone = queue.poll();
                if (gone == null) {
                    return;
                }
                ((Held<?, ?>) gone).remove();
            }
        }
    }

    private static final class Held<K, V> extends WeakReference<V> {

        private final K key;
        private final ConcurrentHashMap<K, Held<K, V>> values;

        Held(K key, V value, ConcurrentHashMap<K, Held<K, V>> values, Collected collected) {
            super(value, collected.queue);
            this.key = key;
            this.values = values;
        }

        void remove() {
            values.remove(key, this);
        }
    }

    private final Collected collected;
    private final ConcurrentHashMap<K, Held<K, V>> values = new ConcurrentHashMap<>(1);

    WeakValues(Collected collected) {
        this.collected = collected;
    }

    /** Returns the value of a key, which is made if nobody holds one. */
    V get(K key, Function<K, V> maker) {
        V known = find(key);
        return known != null ? known : add(key, maker.apply(key));
    }

    /** Returns the value of a key; null if nobody holds one. */
    @Nullable
    V find(K key) {
        Held<K, V> held = values.get(key);
        return held == null ? null : held.get();
    }

    private V add(K key, V made) {
        collected.remove(REMOVED_BY_ADDED);
        Held<K, V> added = new Held<>(key, made, values, collected);
        V kept = values.merge(key, added, (earlier, later) -> earlier.get() == null ? later : earlier)
                .get();
        return kept != null ? kept : made;
    }

    /** Returns the number of values, with those that were collected and not removed yet. */
    int size() {
        return values.size();
    }

    /** Returns the values that somebody holds. */
    Stream<V> stream() {
        return values.values().stream().flatMap(held -> Stream.ofNullable(held.get()));
    }
}
