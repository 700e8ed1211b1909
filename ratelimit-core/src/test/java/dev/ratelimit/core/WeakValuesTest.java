package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WeakValuesTest {

    private final WeakValues.Collected collected = new WeakValues.Collected();
    private final WeakValues<String, Object> values = new WeakValues<>(collected);

    @Test
    void aValueStaysWhileSomebodyHoldsIt() {
        Object value = values.get("a", key -> new Object());
        System.gc();
        collected.remove(10);
        assertThat(values.get("a", key -> new Object())).isSameAs(value);
        assertThat(values.get("b", key -> new Object())).isNotSameAs(value);
    }

    @Test
    void aKeyGoesWithItsValueWhenThatIsCollected() {
        List<WeakReference<Object>> gone = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            String key = "key " + i;
            gone.add(new WeakReference<>(key));
            gone.add(new WeakReference<>(values.get(key, made -> new Object())));
        }
        Garbage.assertCollected(gone, () -> collected.remove(Integer.MAX_VALUE));
    }

    @Test
    void valuesThatAreAddedRemoveWhatWasCollectedBefore() {
        List<WeakReference<Object>> gone = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String key = "key " + i;
            gone.add(new WeakReference<>(key));
            values.get(key, made -> new Object());
        }
        List<Object> held = new ArrayList<>();
        Garbage.assertCollected(gone, () -> held.add(values.get("held " + held.size(), key -> new Object())));
    }

    @Test
    void aValueThatIsMadeAnewOutlastsTheRemovalOfTheOneBefore() {
        AtomicInteger made = new AtomicInteger();
        WeakReference<Object> first = new WeakReference<>(values.get("a", key -> new Object()));
        while (first.get() != null) {
            System.gc();
        }
        Object second = values.get("a", key -> made.incrementAndGet() + "nd");
        for (int i = 0; i < 10; i++) {
            System.gc();
            collected.remove(1);
        }
        assertThat(values.get("a", key -> made.incrementAndGet() + "nd")).isSameAs(second);
        assertThat(made).hasValue(1);
    }

    @Test
    void threadsThatAskForAKeyAtATimeGetOneValue() throws Exception {
        Map<Object, Object> seen = new ConcurrentHashMap<>();
        AtomicInteger key = new AtomicInteger();
        Rounds.of(2_000, 2, key::incrementAndGet, () -> {
            Object value = values.get("key " + key.get(), missing -> new Object());
            seen.put(value, value);
        });
        assertThat(seen).hasSize(2_000);
    }
}
