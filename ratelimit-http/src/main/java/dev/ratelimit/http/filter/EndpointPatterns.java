package dev.ratelimit.http.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Names the endpoint of a request by the first pattern that matches it. Immutable, and safe for use by many threads.
 *
 * <pre>{@code
 * EndpointPatterns endpoints = EndpointPatterns.none()
 *     .with("*", "/v1/models/**", "models")
 *     .with("POST", "/v1/{endpoint}", "{endpoint}");
 *
 * endpoints.endpointOf("POST", "/v1/chat"); // chat
 * }</pre>
 */
public final class EndpointPatterns {

    private static final EndpointPatterns NONE = new EndpointPatterns(List.of());

    private final List<EndpointPattern> patterns;

    private EndpointPatterns(List<EndpointPattern> patterns) {
        this.patterns = List.copyOf(patterns);
    }

    /**
     * Returns what matches no request.
     *
     * @return no patterns
     */
    public static EndpointPatterns none() {
        return NONE;
    }

    /**
     * Returns these patterns and one more, which is asked last.
     *
     * @param method the method, in capitals, or {@code *} for any; {@code GET} is {@code HEAD} too
     * @param pattern the path. A segment {@code *} or {@code {name}} is any one segment, and {@code **} at the end is
     *     all that follows, or nothing. Empty segments do not count, so that {@code /chat/} is {@code /chat}
     * @param endpoint the name of the endpoint; or a {@code {name}} of the pattern, whose segment is the name then
     * @return the patterns
     * @throws IllegalArgumentException if one of them is malformed; the message names the value and the rule
     */
    public EndpointPatterns with(String method, String pattern, String endpoint) {
        List<EndpointPattern> more = new ArrayList<>(patterns);
        more.add(EndpointPattern.of(method, pattern, endpoint));
        return new EndpointPatterns(more);
    }

    /**
     * Tells whether there is no pattern.
     *
     * @return true if no request can match
     */
    public boolean isEmpty() {
        return patterns.isEmpty();
    }

    /**
     * Names the endpoint of a request.
     *
     * @param method the method of the request
     * @param path its path within the application, decoded
     * @return the endpoint of the first pattern that matches; empty if none does
     */
    public Optional<String> endpointOf(String method, String path) {
        String asked = method.equals("HEAD") ? "GET" : method;
        for (EndpointPattern pattern : patterns) {
            String endpoint = pattern.endpointOf(asked, path);
            if (endpoint != null) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }

    /** Returns the patterns, in their order. */
    @Override
    public String toString() {
        return patterns.toString();
    }
}
