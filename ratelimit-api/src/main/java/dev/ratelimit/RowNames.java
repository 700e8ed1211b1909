package dev.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a row of a {@code LimitTable} names endpoints by: their names, and patterns. An immutable value. */
final class RowNames {

    /** Of a row for the other endpoints, or for all. */
    static final RowNames NONE = new RowNames(Set.of(), Set.of());

    /** The most characters in a text. */
    private static final int MAX_TEXT = 1_024;

    private final Set<String> endpoints;
    private final Set<EndpointPattern> patterns;
    private final Scope.Endpoint overflow;

    private RowNames(Set<String> endpoints, Set<EndpointPattern> patterns) {
        this.endpoints = endpoints;
        this.patterns = patterns;
        this.overflow = patterns.isEmpty() ? Scope.Endpoint.OVERFLOW : Scope.Endpoint.overflowOf(patternsInOrder());
    }

    /**
     * Reads what a row is told to name.
     *
     * @throws IllegalArgumentException if nothing is named, or something twice, or if a pattern is none
     */
    static RowNames of(String... named) {
        requireNonNull(named, "endpoints");
        Arguments.require(named.length > 0, "endpoints", "at least one", List.of());
        Set<String> endpoints = new LinkedHashSet<>();
        Set<EndpointPattern> patterns = new LinkedHashSet<>();
        for (String each : named) {
            String endpoint = Arguments.requireName(each, "endpoint");
            boolean added = EndpointPattern.isPattern(endpoint)
                    ? patterns.add(EndpointPattern.of(endpoint))
                    : endpoints.add(endpoint);
            Arguments.require(added, "endpoint", "named once in a row", endpoint);
        }
        return new RowNames(Collections.unmodifiableSet(endpoints), Collections.unmodifiableSet(patterns));
    }

    /** Returns the names in their order, without patterns; unmodifiable. */
    Set<String> endpoints() {
        return endpoints;
    }

    /** Returns the patterns in their order; unmodifiable. */
    Set<EndpointPattern> patterns() {
        return patterns;
    }

    boolean isEmpty() {
        return endpoints.isEmpty() && patterns.isEmpty();
    }

    /** Returns the scope of the endpoints of the row that have no meter of their own. */
    Scope.Endpoint overflow() {
        return overflow;
    }

    /** Returns the patterns in one text, the same for equal rows. */
    String patternsInOrder() {
        return patterns.stream().map(EndpointPattern::text).sorted().collect(joining(", "));
    }

    /** Returns what an earlier row of the same table names too, in words; null if nothing. */
    @Nullable
    String sharedWith(RowNames earlier) {
        for (String endpoint : endpoints) {
            if (earlier.endpoints.contains(endpoint)) {
                return new Scope.Endpoint(endpoint).toString();
            }
        }
        for (EndpointPattern pattern : patterns) {
            for (EndpointPattern other : earlier.patterns) {
                if (pattern.literals() == other.literals() && pattern.meets(other)) {
                    return "what matches the equally long patterns \"" + Printable.name(pattern.text()) + "\" and \""
                            + Printable.name(other.text()) + '"';
                }
            }
        }
        return !patterns.isEmpty() && overflow.equals(earlier.overflow)
                ? "the patterns \"" + Printable.name(patternsInOrder()) + '"'
                : null;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RowNames that && endpoints.equals(that.endpoints) && patterns.equals(that.patterns);
    }

    @Override
    public int hashCode() {
        return 31 * endpoints.hashCode() + patterns.hashCode();
    }

    /** Returns the names and the patterns. */
    @Override
    public String toString() {
        String named = Stream.concat(endpoints.stream(), patterns.stream().map(EndpointPattern::text))
                .map(Printable::name)
                .collect(joining(", "));
        return Printable.of(named, MAX_TEXT);
    }
}
