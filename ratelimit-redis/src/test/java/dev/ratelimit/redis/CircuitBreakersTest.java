package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.CircuitBreaker;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose circuit is whose, while the nodes of a cluster change. */
class CircuitBreakersTest {

    private final Map<String, String> nodeOf = new HashMap<>(Map.of("key 1", "one", "key 2", "two"));
    private final Outages outages = new Outages();
    private final CircuitBreakers circuits = new CircuitBreakers(
            key -> nodeOf.getOrDefault(key, ""),
            nodeOf::containsValue,
            () -> Outages.told(outages).breaker(Duration.ofNanos(1), () -> 0, key -> true));

    private final CircuitBreaker one = circuits.of("key 1");
    private final CircuitBreaker two = circuits.of("key 2");

    @Test
    void eachNodeHasOneThatItKeeps() {
        assertThat(one).isNotSameAs(two);
        assertThat(circuits.of("key 1")).isSameAs(one);
        nodeOf.put("key 1", "two");
        assertThat(circuits.of("key 1")).isSameAs(two);
    }

    @Test
    void aReplicaThatIsPromotedTakesThatOfItsPrimary() {
        nodeOf.put("key 1", "the replica of one");
        assertThat(circuits.of("key 1")).isSameAs(one);
        assertThat(circuits.of("key 1")).isSameAs(one);
        assertThat(circuits.of("key 2")).isSameAs(two);
    }

    @Test
    void aNodeThatIsAddedTakesNone() {
        nodeOf.put("key 3", "three");
        assertThat(circuits.of("key 3")).isNotIn(one, two);
    }

    private void lose(String key) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            circuits.of(key).failed(new IOException("broken"));
        }
        assertThat(circuits.of(key).isOpen()).isTrue();
        assertThat(outages.nextDuring(() -> {})).startsWith("away");
    }

    @Test
    void aNodeThatHasOneAndTakesOverEndsTheOutageForGood() throws InterruptedException {
        lose("key 1");
        circuits.of("key 2");
        assertThat(one.isOpen()).as("while its node has keys").isTrue();
        nodeOf.put("key 1", "two");
        assertThat(outages.nextDuring(() -> circuits.of("key 2"))).isEqualTo("back");
        for (int i = 0; i < 3; i++) {
            one.failed(new IOException("what was asked before"));
        }
        assertThat(one.isOpen()).isFalse();
        assertThat(circuits.of("key 1")).isSameAs(two);
    }

    @Test
    void aNodeThatTakesOverSomeKeysEndsNoOutage() throws InterruptedException {
        lose("key 1");
        nodeOf.putAll(Map.of("key 1", "two", "another key", "one"));
        circuits.of("key 2");
        assertThat(circuits.of("another key")).isSameAs(one);
        assertThat(one.isOpen()).isTrue();
    }

    @Test
    void aNodeThatIsAwayItselfEndsNoOutage() throws InterruptedException {
        nodeOf.put("key 3", "three");
        circuits.of("key 3");
        lose("key 1");
        lose("key 2");
        nodeOf.put("key 1", "two");
        circuits.of("key 3");
        assertThat(one.isOpen()).isTrue();
        two.succeeded();
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
        assertThat(outages.nextDuring(() -> circuits.of("key 3"))).isEqualTo("back");
        assertThat(one.isOpen()).isFalse();
    }

    @Test
    void aNodeThatIsNewEndsTheOutageWhenItAnswers() throws InterruptedException {
        lose("key 1");
        nodeOf.put("key 1", "the replica of one");
        circuits.of("key 2");
        assertThat(circuits.of("key 1")).isSameAs(one);
        assertThat(one.isOpen()).isTrue();
        one.succeeded();
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key 1", "key 2"})
    void ofTwoNodesWithoutKeysANewOneTakesThatOfTheOneThatIsAway(String lost) throws InterruptedException {
        lose(lost);
        CircuitBreaker open = circuits.of(lost);
        nodeOf.putAll(Map.of("key 1", "three", "key 2", "three"));
        assertThat(circuits.of(lost)).isSameAs(open);
    }
}
