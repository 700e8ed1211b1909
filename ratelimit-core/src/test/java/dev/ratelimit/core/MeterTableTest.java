package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeterTableTest {

    private static final Tier TIER = Tier.named("tier").build();

    private final MeterTable table = new MeterTable() {
        @Override
        Meter newMeter(Rule.Key key) {
            return new SlidingWindow(((Duration) key.span()).toNanos(), 0);
        }
    };

    private static Rule rule(int number) {
        return Rule.of(
                TIER, new AppliedLimit("table", new Scope.Endpoint("endpoint " + number), RateLimit.perMinute(1)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 100, 5_000})
    void eachKeyKeepsItsMeter(int keys) {
        Map<Meter, Integer> numbers = new HashMap<>();
        for (int i = 0; i < keys; i++) {
            assertThat(table.known(rule(i).key)).isNull();
            assertThat(numbers.put(table.meter(rule(i)), i)).isNull();
        }
        Set<Rule.Key> visited = new HashSet<>();
        table.forEach((key, meter) -> assertThat(visited.add(key)).isTrue());
        assertThat(visited).hasSize(keys);
        for (int i = 0; i < keys; i++) {
            Rule equal = rule(i);
            assertThat(numbers.get(table.meter(equal))).isEqualTo(i);
            assertThat(table.known(equal.key)).isSameAs(table.meter(equal));
        }
    }
}
