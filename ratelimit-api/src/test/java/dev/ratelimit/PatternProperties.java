package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Patterns against regular expressions, over few letters, so that names meet many of them. */
class PatternProperties {

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars("ab/").ofMaxLength(5);
    }

    @Provide
    Arbitrary<String> patterns() {
        Arbitrary<String> short1 = Arbitraries.strings().withChars("ab/").ofMaxLength(2);
        return net.jqwik.api.Combinators.combine(short1, short1)
                .as((prefix, suffix) -> prefix + "*" + suffix)
                .filter(pattern -> pattern.length() > 1);
    }

    private static boolean matches(String pattern, String name) {
        int star = pattern.indexOf('*');
        return Pattern.matches(
                Pattern.quote(pattern.substring(0, star)) + ".*" + Pattern.quote(pattern.substring(star + 1)), name);
    }

    @Property
    void aPatternMatchesWhatItsExpressionMatches(@ForAll("patterns") String pattern, @ForAll("texts") String name) {
        assertThat(EndpointPattern.of(pattern).matches(name)).isEqualTo(matches(pattern, name));
    }

    @Property
    void twoPatternsMeetIfOneNameMatchesBoth(@ForAll("patterns") String one, @ForAll("patterns") String other) {
        // A common name, if there is any: the longer prefix, then the longer suffix.
        String prefix = longer(one.substring(0, one.indexOf('*')), other.substring(0, other.indexOf('*')));
        String suffix = longer(one.substring(one.indexOf('*') + 1), other.substring(other.indexOf('*') + 1));
        String name = prefix + suffix;
        assertThat(EndpointPattern.of(one).meets(EndpointPattern.of(other)))
                .isEqualTo(matches(one, name) && matches(other, name));
    }

    private static String longer(String one, String other) {
        return one.length() >= other.length() ? one : other;
    }

    @Property
    void theLimitIsThatOfTheNameThenOfTheLongestPatternThenOfTheOthers(
            @ForAll("rows") List<String> rows, @ForAll("texts") String endpoint) {
        LimitTable table = LimitTable.named("t").eachOtherEndpoint(RateLimit.perMinute(1_000));
        List<String> taken = new ArrayList<>();
        for (String row : rows) {
            try {
                table = table.each(RateLimit.perMinute(taken.size()), row);
                taken.add(row);
            } catch (IllegalArgumentException contradiction) {
                assertThat(taken).as("%s", contradiction).isNotEmpty();
            }
        }
        int expected = taken.contains(endpoint)
                ? taken.indexOf(endpoint)
                : taken.stream()
                        .filter(row -> row.contains("*") && matches(row, endpoint))
                        .max(Comparator.comparingInt(String::length))
                        .map(taken::indexOf)
                        .orElse(1_000);
        assertThat(table.limitFor(endpoint))
                .map(AppliedLimit::limit)
                .isEqualTo(Optional.of(RateLimit.perMinute(expected)));
    }

    @Provide
    Arbitrary<List<String>> rows() {
        return Arbitraries.oneOf(patterns(), texts().filter(name -> !name.isBlank()))
                .list()
                .ofMaxSize(6);
    }
}
