package dev.ratelimit.spring.boot;

import dev.ratelimit.http.filter.EndpointPatterns;
import dev.ratelimit.http.filter.FilterBuilder;
import dev.ratelimit.spring.CallerResolver;
import dev.ratelimit.spring.UsageEstimator;
import dev.ratelimit.spring.WebCall;
import dev.ratelimit.spring.boot.RateLimitProperties.MemberSource;
import dev.ratelimit.spring.boot.RequestProperties.OnError;
import dev.ratelimit.spring.boot.RequestProperties.PathMapping;
import dev.ratelimit.spring.boot.RequestProperties.Unmatched;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the properties say of the filter, be it of a servlet application or of WebFlux. Immutable. */
public final class FilterSettings {

    /** The place of the filters of Spring Security, unless the application says otherwise. */
    private static final int SPRING_SECURITY = -100;

    private final RateLimitProperties properties;
    private final RequestProperties requests;
    private final HttpSettings http;
    private final UnlimitedPaths unlimited;
    private final boolean hasKeys;

    private FilterSettings(
            RateLimitProperties properties,
            RequestProperties requests,
            HttpSettings http,
            UnlimitedPaths unlimited,
            boolean hasKeys) {
        this.properties = properties;
        this.requests = requests;
        this.http = http;
        this.unlimited = unlimited;
        this.hasKeys = hasKeys;
    }

    static FilterSettings of(
            RateLimitProperties properties,
            RequestProperties requests,
            HttpSettings http,
            UnlimitedPaths unlimited,
            boolean hasKeys) {
        Findings findings = new Findings();
        List<PathMapping> paths = requests.paths();
        for (int i = 0; i < paths.size(); i++) {
            check("ratelimit.paths[" + i + ']', paths.get(i), findings);
        }
        findings.require(
                !paths.isEmpty() || requests.unmatched() == Unmatched.PASS,
                "ratelimit.unmatched",
                "must be refuse only where ratelimit.paths names some requests");
        findings.throwIfAny();
        return new FilterSettings(properties, requests, http, unlimited, hasKeys);
    }

    private static void check(String at, PathMapping mapping, Findings findings) {
        String path = mapping.path();
        String endpoint = mapping.endpoint();
        findings.require(path != null, at + ".path", "must be a path, such as /v1/chat");
        findings.require(endpoint != null, at + ".endpoint", "must be the name of an endpoint");
        if (path != null && endpoint != null) {
            try {
                EndpointPatterns.none().with(mapping.method(), path, endpoint);
            } catch (IllegalArgumentException e) {
                findings.add(at, e);
            }
        }
    }

    /**
     * Applies the properties to a builder.
     *
     * @param <Q> the requests of the framework
     * @param <B> the builder's own type
     * @param builder the builder
     * @param calls makes what callers and usages are found out from
     * @param callers says who calls
     * @param estimator says what a request is expected to use; null if that is one call
     * @return the builder
     */
    public <Q, B extends FilterBuilder<Q, ?, B>> B apply(
            B builder,
            Function<? super Q, ? extends WebCall> calls,
            CallerResolver callers,
            @Nullable UsageEstimator estimator) {
        builder.caller(request -> callers.resolve(calls.apply(request)))
                .keyField(http.keyField())
                .fields(http.fields())
                .problems(http.problems())
                .cancelOn(http.cancelOn());
        for (PathMapping mapping : requests.paths()) {
            if (mapping.path() != null && mapping.endpoint() != null) {
                builder.endpoint(mapping.method(), mapping.path(), mapping.endpoint());
            }
        }
        if (http.failedKeys().isPresent()) {
            builder.limitRefusedKeys(http.failedKeys().get());
        }
        if (estimator != null) {
            builder.estimate(request -> estimator.estimate(calls.apply(request)));
        }
        if (requests.unmatched() == Unmatched.REFUSE) {
            builder.refuseUnmatched();
        }
        if (requests.exposeHeaders()) {
            builder.exposeFields();
        }
        return requests.onError() == OnError.FAIL_CLOSED ? builder.failClosed() : builder.failOpen();
    }

    /**
     * Tells whether the properties name an endpoint. Without one there is nothing to limit, unless a customizer of the
     * filter says otherwise.
     *
     * @return whether there are paths
     */
    public boolean limitsAny() {
        return !requests.paths().isEmpty();
    }

    /**
     * Returns what the properties say of requests and answers.
     *
     * @return the settings
     */
    public HttpSettings http() {
        return http;
    }

    /**
     * Returns the paths that are never limited.
     *
     * @return the paths
     */
    public UnlimitedPaths unlimited() {
        return unlimited;
    }

    /**
     * Returns the place of the filter: that of the property, otherwise just before Spring Security, so that a flood of
     * bad keys costs nothing there; or just behind it, where the principal says who calls.
     *
     * @return the order, which servlet applications and those of WebFlux count alike
     */
    public int order() {
        Integer order = requests.filter().order();
        if (order != null) {
            return order;
        }
        boolean namesByPrincipal =
                !hasKeys && properties.defaultTier() != null && properties.organizationHeader() == null;
        return namesByPrincipal || hasMembersByPrincipal() ? SPRING_SECURITY + 1 : SPRING_SECURITY - 1;
    }

    private boolean hasMembersByPrincipal() {
        for (MemberSource source : properties.members()) {
            if (source.header() == null) {
                return true;
            }
        }
        return false;
    }
}
