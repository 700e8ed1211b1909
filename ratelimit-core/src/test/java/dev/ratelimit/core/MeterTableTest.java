package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("mutants")
class MeterTableTest {

    /** The number of meters that take no array. */
    private static final int FIELDS = 3;

    private static final Tier TIER = Tier.named("tier").build();

    private final MeterTable table = newTable();

    private static MeterTable newTable() {
        return new MeterTable(null) {
            @Override
            Meter newMeter(MeterKey key) {
                return new SlidingWindow(((MeterKey.Window) key.span()).length().toNanos(), 0);
            }
        };
    }

    private static CompiledLimit rule(int number) {
        return rule("endpoint " + number);
    }

    private static CompiledLimit rule(String endpoint) {
        return CompiledLimit.of(TIER, AppliedLimit.of("table", new Scope.Endpoint(endpoint), RateLimit.perMinute(1)));
    }

    /** Returns a name that has the hash code of every other that this returns. */
    private static String colliding(int number) {
        return IntStream.range(0, 16)
                .mapToObj(bit -> (number >> bit & 1) == 0 ? "Aa" : "BB")
                .reduce("", String::concat);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 100, 5_000})
    void eachKeyKeepsItsMeter(int keys) {
        Map<Meter, Integer> numbers = new HashMap<>();
        for (int i = 0; i < keys; i++) {
            assertThat(table.find(rule(i).key)).isNull();
            assertThat(numbers.put(table.meter(rule(i)), i)).isNull();
        }
        Set<MeterKey> visited = new HashSet<>();
        table.forEach((key, meter) -> assertThat(visited.add(key)).isTrue());
        assertThat(visited).hasSize(keys);
        for (int i = 0; i < keys; i++) {
            CompiledLimit equal = rule(i);
            assertThat(numbers.get(table.meter(equal))).isEqualTo(i);
            assertThat(table.find(equal.key)).isSameAs(table.meter(equal));
        }
    }

    @Test
    void theFirstMetersTakeNoArray() throws ReflectiveOperationException {
        IntStream.range(0, FIELDS).forEach(i -> table.meter(rule(i)));
        table.reserve(FIELDS);
        assertThat(steps()).isEmpty();
        table.meter(rule(FIELDS));
        assertThat(steps()).containsExactly(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 100})
    void aCallPutsItsKeyInThePlaceOfAnEqualOneAndALookUpLeavesThatThere(int keys) {
        List<CompiledLimit> first =
                IntStream.range(0, keys).mapToObj(i -> rule(i)).toList();
        List<Meter> meters = first.stream().map(table::meter).toList();
        IntStream.range(0, keys).forEach(i -> assertThat(table.find(rule(i))).isSameAs(meters.get(i)));
        assertThat(keysOfTable()).containsExactlyInAnyOrderElementsOf(keysOf(first));

        List<CompiledLimit> equal =
                IntStream.range(0, keys).mapToObj(i -> rule(i)).toList();
        for (int i = 0; i < keys; i++) {
            assertThat(table.meter(equal.get(i))).isSameAs(meters.get(i));
        }
        assertThat(keysOfTable())
                .usingElementComparator((a, b) -> a == b ? 0 : 1)
                .containsExactlyInAnyOrderElementsOf(keysOf(equal));
    }

    private static List<MeterKey> keysOf(List<CompiledLimit> limits) {
        return limits.stream().map(limit -> limit.key).toList();
    }

    private List<MeterKey> keysOfTable() {
        List<MeterKey> keys = new ArrayList<>();
        table.forEach((key, meter) -> keys.add(key));
        return keys;
    }

    @Test
    void aKeyIsFoundInFewStepsHoweverManyThereAre() throws ReflectiveOperationException {
        assertStepsAreFew(number -> "endpoint " + number);
    }

    @Test
    void aKeyIsFoundInFewStepsWhereAllNamesHaveOneHashCode() throws ReflectiveOperationException {
        assertThat(colliding(12_345)).hasSameHashCodeAs(colliding(54_321)).isNotEqualTo(colliding(54_321));
        assertStepsAreFew(MeterTableTest::colliding);
    }

    /**
     * The table is half full when it has grown, and three quarters before; a random hash then takes 1.5 steps on
     * average, and 2.5.
     */
    private void assertStepsAreFew(IntFunction<String> names) throws ReflectiveOperationException {
        for (int i = 0; i < 49_000; i++) {
            table.meter(rule(names.apply(i)));
            if (i == 25_000 || i == 48_999) {
                int[] steps = steps();
                assertThat(steps).hasSize(i + 1 - FIELDS);
                assertThat(IntStream.of(steps).average().orElseThrow()).isLessThan(4);
                assertThat(IntStream.of(steps).max().orElseThrow()).isLessThan(1_000);
            }
        }
    }

    /**
     * Without the room, each would be put behind all others of the narrower table: hundreds of steps, thousands where
     * there are more.
     */
    @Test
    void metersThatComeInTheOrderOfAnotherTableTakeFewSteps() throws ReflectiveOperationException {
        MeterTable other = newTable();
        IntStream.range(0, 20_000).forEach(i -> other.meter(rule(i)));
        List<MeterKey> keys = new ArrayList<>();
        other.forEach((key, meter) -> keys.add(key));
        table.reserve(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            table.put(keys.get(i), table.newMeter(keys.get(i)));
            if (Integer.bitCount(i + 1) == 1 || i == 11_000) {
                assertThat(IntStream.of(steps()).average().orElse(0)).isLessThan(4);
            }
        }
    }

    /** Returns how many places a look-up of each key looks at, without the first keys, which have fields. */
    private int[] steps() throws ReflectiveOperationException {
        Field field = MeterTable.class.getDeclaredField("pairs");
        field.setAccessible(true);
        Object[] pairs = (Object[]) field.get(table);
        int last = pairs.length - 1;
        return IntStream.rangeClosed(0, last)
                .filter(place -> pairs[place] instanceof MeterKey)
                .map(place -> 1 + (place - ((MeterKey) pairs[place]).evenHash() & last) / 2)
                .toArray();
    }

    @Test
    void keysThatDifferInOnePartAreNotEqual() {
        MeterKey key = rule("chat").key;
        MeterKey other = new MeterKey("other", key.table(), key.scope(), key.unit(), key.span());
        assertThat(other).isNotEqualTo(key);
        assertThat(new MeterKey(key.account(), "other", key.scope(), key.unit(), key.span()))
                .isNotEqualTo(key);
        assertThat(key.of(new Scope.Group("chat"))).isNotEqualTo(key);
        assertThat(key.of(new Scope.Endpoint("embed"))).isNotEqualTo(key);
        assertThat(new MeterKey(key.account(), key.table(), key.scope(), Unit.TOKENS, key.span()))
                .isNotEqualTo(key);
        assertThat(new MeterKey(
                        key.account(),
                        key.table(),
                        key.scope(),
                        key.unit(),
                        new MeterKey.Window(Duration.ofSeconds(1))))
                .isNotEqualTo(key);
        assertThat(new MeterKey(key.account(), key.table(), key.scope(), key.unit(), key.span()))
                .isEqualTo(key)
                .hasSameHashCodeAs(key);
    }
}
