package dev.ratelimit.spring.boot;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties of {@code ratelimit} that say which requests are limited, and how they are answered.
 *
 * @param paths which requests are which endpoint: the first that matches
 * @param unmatched whether requests that are for no endpoint pass, without a key, or are refused with 404
 * @param headers the dialects of the fields that tell clients where they stand, such as ietf, x-ratelimit, openai,
 *     anthropic and none
 * @param exposeHeaders whether scripts of other origins may read these fields
 * @param status statuses of refusals, by what refuses, where they are others than the usual ones
 * @param cancelOn the statuses, such as 503 or 5xx, whose calls are free
 * @param onError what is done with a call if the limiter throws
 * @param filter how requests are intercepted
 * @param logRejections whether rejections are logged, at INFO
 * @param usagePage the page that shows the limits of an organization
 */
@ConfigurationProperties(prefix = "ratelimit")
public record RequestProperties(
        @DefaultValue List<PathMapping> paths,
        @DefaultValue("pass") Unmatched unmatched,
        @DefaultValue("ietf") List<String> headers,
        @DefaultValue("false") boolean exposeHeaders,
        @DefaultValue Map<RefusalKind, Integer> status,
        @DefaultValue List<String> cancelOn,
        @DefaultValue("fail-open") OnError onError,
        @Nullable Filter filter,
        @DefaultValue("false") boolean logRejections,
        @DefaultValue UsagePage usagePage) {

    /**
     * Returns how requests are intercepted. Where no property says so, nothing is bound: that would lengthen a start.
     *
     * @return as the properties say, otherwise as unless stated
     */
    @Override
    public Filter filter() {
        return filter == null ? new Filter(true, null) : filter;
    }

    /** What is done with a request that is for no endpoint. */
    public enum Unmatched {
        /** It passes, and needs no key. */
        PASS,
        /** It is answered with 404. */
        REFUSE
    }

    /** What is done with a call if the limiter throws. */
    public enum OnError {
        /** It goes on without limits. */
        FAIL_OPEN,
        /** It is answered with 503. */
        FAIL_CLOSED
    }

    /** What refuses a call, to choose a status for it. */
    public enum RefusalKind {
        /** A rate limit or a token bucket; 429 unless stated. */
        RATE_LIMIT,
        /** A quota; 429 unless stated. */
        QUOTA,
        /** A quota of money; 402 unless stated. */
        SPENDING,
        /** A limit of calls in flight; 429 unless stated. */
        IN_FLIGHT,
        /** A limit of single calls; 413 unless stated. */
        CALL_SIZE,
        /** A key that is missing, unknown or revoked; 401 unless stated. */
        KEY,
        /** An endpoint that the tier does not name; 404 unless stated. */
        ENDPOINT,
        /** A store that is away, or state without room; 503 unless stated. */
        UNAVAILABLE
    }

    /**
     * Requests that are one endpoint.
     *
     * @param path the path within the application: names, * and {name} for a segment, and ** at the end for the rest
     * @param method the method, or * for any
     * @param endpoint the name of the endpoint, or a {name} of the path
     */
    public record PathMapping(
            @Nullable String path,
            @DefaultValue("*") String method,
            @Nullable String endpoint) {}

    /**
     * How requests are intercepted.
     *
     * @param enabled whether there is a filter at all
     * @param order its place among the filters. Unless stated: before Spring Security's (-100), or after it where the
     *     principal says who calls
     */
    public record Filter(
            @DefaultValue("true") boolean enabled, @Nullable Integer order) {}

    /**
     * The page that shows the limits of an organization.
     *
     * @param enabled whether there is one
     * @param path where it is
     */
    public record UsagePage(
            @DefaultValue("false") boolean enabled,
            @DefaultValue("/ratelimits") String path) {}
}
