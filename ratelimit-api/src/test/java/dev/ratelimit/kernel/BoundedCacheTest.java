package dev.ratelimit.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BoundedCacheTest {

    private final BoundedCache<Integer, String> cache = new BoundedCache<>(8);

    private long held() {
        return IntStream.range(0, 100).filter(key -> cache.get(key) != null).count();
    }

    @Test
    void aNewEntryReplacesTheOneInItsPlaceAndNoOther() {
        IntStream.range(0, 8).forEach(key -> cache.put(key, "value " + key));
        assertThat(held()).isEqualTo(8);
        cache.put(11, "value 11"); // the place of 3
        assertThat(cache.get(11)).isEqualTo("value 11");
        assertThat(cache.get(3)).isNull();
        assertThat(held()).isEqualTo(8);
    }

    @Test
    void aSweepVisitsEachPlaceInTurnAndEmptiesTheUselessOnes() {
        IntStream.range(0, 8).forEach(key -> cache.put(key, "value " + key));
        for (int i = 0; i < 8; i++) {
            cache.sweep(value -> value.endsWith("3") || value.endsWith("5"));
        }
        assertThat(held()).isEqualTo(6);
        assertThat(cache.count(value -> true)).isEqualTo(6);
        assertThat(cache.count(value -> value.endsWith("7") || value.endsWith("3")))
                .isOne();
        assertThat(cache.get(3)).isNull();
        assertThat(cache.get(5)).isNull();
    }
}
