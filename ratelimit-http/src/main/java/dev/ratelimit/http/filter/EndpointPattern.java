package dev.ratelimit.http.filter;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The calls that are one endpoint, by method and path. A path is compared segment by segment. Empty segments do not
 * count, so that {@code /v1//chat/} is limited as {@code /v1/chat} is.
 */
final class EndpointPattern {

    private static final String ANY_METHOD = "*";
    private static final String ANY_SEGMENT = "*";
    private static final String REST = "**";

    private final String method;
    private final List<String> segments;
    private final boolean hasRest;
    private final String endpoint;

    /** The index of the segment that names the endpoint; -1 if the name is fixed. */
    private final int naming;

    private EndpointPattern(String method, List<String> segments, boolean hasRest, String endpoint, int naming) {
        this.method = method;
        this.segments = segments;
        this.hasRest = hasRest;
        this.endpoint = endpoint;
        this.naming = naming;
    }

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it is malformed; the message names the value and the rule
     */
    static EndpointPattern of(String method, String pattern, String endpoint) {
        requireNonNull(method, "method");
        requireNonNull(pattern, "pattern");
        requireNonNull(endpoint, "endpoint");
        require(
                method.equals(ANY_METHOD) || method.matches("[A-Z]+(-[A-Z]+)*"),
                "method must be * or a name in capitals: method=",
                method);
        require(pattern.startsWith("/"), "pattern must begin with a slash: pattern=", pattern);
        List<String> all = new ArrayList<>();
        for (StringTokenizer rest = new StringTokenizer(pattern, "/"); rest.hasMoreTokens(); ) {
            all.add(rest.nextToken());
        }
        boolean hasRest = !all.isEmpty() && all.get(all.size() - 1).equals(REST);
        List<String> segments = List.copyOf(hasRest ? all.subList(0, all.size() - 1) : all);
        for (String segment : segments) {
            require(isSegment(segment), "pattern must be of names, * and {name}, and ** at the end: pattern=", pattern);
        }
        int naming = isPlaceholder(endpoint) ? segments.indexOf(endpoint) : -1;
        require(
                naming >= 0 || (!endpoint.isEmpty() && !endpoint.contains("{")),
                "endpoint must be a name, or a {name} of the pattern: endpoint=",
                endpoint);
        return new EndpointPattern(method, segments, hasRest, endpoint, naming);
    }

    private static void require(boolean holds, String rule, String value) {
        if (!holds) {
            throw new IllegalArgumentException(rule + Printable.name(value));
        }
    }

    private static boolean isSegment(String segment) {
        return segment.equals(ANY_SEGMENT) || isPlaceholder(segment) || segment.matches("[^*{}]+");
    }

    private static boolean isPlaceholder(String segment) {
        return segment.matches("\\{[^*{}/]+}");
    }

    /** Returns the name of the endpoint that a call is for; null if it is for another one. */
    @Nullable
    String endpointOf(String calledMethod, String path) {
        if (!method.equals(calledMethod) && !method.equals(ANY_METHOD)) {
            return null;
        }
        String name = endpoint;
        int begin = skipSlashes(path, 0);
        for (int i = 0; i < segments.size(); i++) {
            int slash = path.indexOf('/', begin);
            int end = slash < 0 ? path.length() : slash;
            if (begin == end || !matches(segments.get(i), path, begin, end)) {
                return null;
            }
            if (i == naming) {
                name = path.substring(begin, end);
            }
            begin = skipSlashes(path, end);
        }
        return hasRest || begin == path.length() ? name : null;
    }

    private static int skipSlashes(String path, int from) {
        int i = from;
        while (i < path.length() && path.charAt(i) == '/') {
            i++;
        }
        return i;
    }

    private static boolean matches(String segment, String path, int begin, int end) {
        char first = segment.charAt(0);
        return first == '*' || first == '{' || (segment.length() == end - begin && path.startsWith(segment, begin));
    }

    @Override
    public String toString() {
        return method + " /" + String.join("/", segments) + (hasRest ? "/" + REST : "") + " is " + endpoint;
    }
}
