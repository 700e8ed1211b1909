package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whose circuit is whose, while the nodes of a cluster change. */
class CircuitsTest {

    private final Map<String, String> nodeOf = new HashMap<>(Map.of("key 1", "one", "key 2", "two"));
    private final Circuits circuits = new Circuits(
            key -> nodeOf.getOrDefault(key, ""),
            nodeOf::containsValue,
            () -> new Circuit(Duration.ofNanos(1), () -> 0, () -> true, List.of()));

    private final Circuit one = circuits.of("key 1");
    private final Circuit two = circuits.of("key 2");

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
}
