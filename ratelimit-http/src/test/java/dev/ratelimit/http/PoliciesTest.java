package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.http.Policies.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PoliciesTest {

    private final Policies policies = new Policies();
    private final List<AppliedLimit> made = new ArrayList<>();

    private Policy ask(AppliedLimit applied) {
        return policies.of(applied, limit -> {
            made.add(limit);
            return new Policy(limit, limit.table(), limit.table());
        });
    }

    private static AppliedLimit limit(int number) {
        return AppliedLimit.of("table " + number, new Scope.Endpoint("chat"), RateLimit.perMinute(number), false);
    }

    @Test
    void aLimitIsDescribedOnce() {
        AppliedLimit limit = limit(1);
        assertThat(List.of(ask(limit), ask(limit), ask(limit))).containsOnly(ask(limit));
        assertThat(made).containsExactly(limit);
    }

    /** More limits than there are slots take each other's places, and none is told as another. */
    @Test
    void eachOfManyLimitsIsToldAsItself() {
        List<AppliedLimit> limits =
                IntStream.range(0, 2_000).mapToObj(PoliciesTest::limit).toList();
        for (int round = 0; round < 3; round++) {
            assertThat(limits).allMatch(limit -> ask(limit).applied().equals(limit));
        }
        assertThat(made).hasSizeGreaterThan(2_000);
    }

    @Test
    void aListIsMadeOnceForTheSameTexts() {
        String list = policies.joined(new String[] {"a", "b"});
        assertThat(list).isEqualTo("a, b");
        assertThat(policies.joined(new String[] {"a", "b"})).isSameAs(list);
        assertThat(policies.joined(new String[] {"b", "a"})).isEqualTo("b, a");
        assertThat(policies.joined(new String[] {"a"})).isEqualTo("a");
    }

    @Test
    void eachOfManyListsIsToldAsItself() {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 2_000; i++) {
                assertThat(policies.joined(new String[] {"a" + i, "b"})).isEqualTo("a" + i + ", b");
            }
        }
    }
}
