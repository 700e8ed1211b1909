package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An exchange has the places of all its counters, or none. */
class ExchangePlacesTest {

    private final ManualTime time = new ManualTime();
    private final StoreExchanges exchanges = new StoreExchanges(
            new Clocks(time),
            new Listeners(List.of(), new ThrottledLog(time, "places")),
            Duration.ofSeconds(1),
            new CircuitBreaker(Duration.ofSeconds(1), time::nanoTime, key -> true, failure -> {}, () -> {}));

    private static List<AtomicReference<@Nullable Exchange<?>>> places(int count) {
        return Stream.<AtomicReference<@Nullable Exchange<?>>>generate(AtomicReference::new)
                .limit(count)
                .toList();
    }

    private Exchange<Boolean> exchange(List<AtomicReference<@Nullable Exchange<?>>> places) {
        return new Exchange<>(
                places,
                () -> CompletableFuture.completedFuture(new Answer<>(true, time.instant())),
                (answer, asked) -> {},
                false);
    }

    @Test
    void nobodyFindsAnExchangeThatDoesNotGetAllItsPlaces() {
        List<AtomicReference<@Nullable Exchange<?>>> places = places(3);
        Exchange<?> other = exchange(places.subList(2, 3));
        assertThat(exchanges.takePlaces(other)).isNull();
        List<@Nullable Exchange<?>> found = new ArrayList<>();
        Exchange<?> exchange = exchange(new AbstractList<>() {
            @Override
            public AtomicReference<@Nullable Exchange<?>> get(int index) {
                places.forEach(place -> found.add(place.get()));
                return places.get(index);
            }

            @Override
            public int size() {
                return places.size();
            }
        });
        assertThat(exchanges.takePlaces(exchange)).isSameAs(other);
        assertThat(found).contains(other).doesNotContain(exchange);
    }

    @Test
    void oneOfSeveralThreadsGetsThePlaces() throws Exception {
        List<AtomicReference<@Nullable Exchange<?>>> places = places(10);
        AtomicInteger holders = new AtomicInteger();
        Rounds.of(1_000, 2, () -> {}, () -> {
            for (int i = 0; i < 1_000; i++) {
                Exchange<?> exchange = exchange(places);
                if (exchanges.takePlaces(exchange) == null) {
                    assertThat(holders.incrementAndGet()).isEqualTo(1);
                    holders.decrementAndGet();
                    exchange.giveUp();
                }
            }
        });
    }
}
