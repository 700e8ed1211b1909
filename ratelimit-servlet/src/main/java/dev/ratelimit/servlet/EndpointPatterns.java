package dev.ratelimit.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Names the endpoint of a request by the first pattern that matches it.
 *
 * @param patterns the patterns, in their order
 */
record EndpointPatterns(List<EndpointPattern> patterns) implements Function<HttpServletRequest, Optional<String>> {

    EndpointPatterns {
        patterns = List.copyOf(patterns);
    }

    @Override
    public Optional<String> apply(HttpServletRequest request) {
        String method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
        String path = pathOf(request);
        for (EndpointPattern pattern : patterns) {
            String endpoint = pattern.endpointOf(method, path);
            if (endpoint != null) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }

    /** Returns the path within the application as the server has decoded it: not as the client has written it. */
    static String pathOf(HttpServletRequest request) {
        String info = request.getPathInfo();
        return info == null ? request.getServletPath() : request.getServletPath() + info;
    }
}
