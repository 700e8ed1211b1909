package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The traffic of the benchmarks, and the limiters that it is sent to. */
class CallersTest {

    private static final int CALLS = 8_192;

    private static Map<String, Long> calls(String spread, List<String> names) {
        Callers callers = Callers.of(spread, names);
        return Stream.generate(callers::next)
                .limit(CALLS)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    @Test
    void uniformCallersCallAlike() {
        List<String> names = Callers.names(1_024);
        Map<String, Long> calls = calls("uniform", names);
        assertThat(calls.keySet()).hasSizeGreaterThan(1_000).isSubsetOf(names);
        assertThat(calls.values()).allSatisfy(count -> assertThat(count).isLessThan(30));
    }

    @Test
    void theTenthOfZipfsCallersCallsATenthAsOften() {
        List<String> names = Callers.names(1_024);
        Map<String, Long> calls = calls("zipf", names);
        double first = calls.getOrDefault(names.get(0), 0L);
        assertThat(first / CALLS).isCloseTo(1 / 7.51, Offset.offset(0.02));
        assertThat(calls.getOrDefault(names.get(9), 0L) / first).isCloseTo(0.1, Offset.offset(0.03));
    }

    @Test
    void anUnknownSpreadIsRefused() {
        assertThatThrownBy(() -> Callers.of("even", Callers.names(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("spread must be uniform or zipf: spread=even");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ratelimit", "bucket4j", "resilience4j", "guava", "failsafe", "ratelimitj", "smallrye"})
    void eachOrganizationHasALimitOfItsOwn(String limiter) {
        Keyed keyed = Limiters.of(limiter, List.of("acme", "globex"), 1, Duration.ofDays(1));
        assertThat(Answers.isAdmitted(keyed.ask("acme", Keyed.ENDPOINT))).isTrue();
        assertThat(Answers.isAdmitted(keyed.ask("acme", Keyed.ENDPOINT))).isFalse();
        assertThat(Answers.isAdmitted(keyed.ask("globex", Keyed.ENDPOINT))).isTrue();
    }

    @Test
    void sentinelIsNotAskedForMoreResourcesThanItChecks() {
        assertThatThrownBy(() -> Limiters.of("sentinel", Callers.names(6_001), 1, Duration.ofSeconds(1)))
                .hasMessage("Sentinel must not have more than 6000 resources: number=6001");
    }
}
