package dev.ratelimit.spring.actuate;

import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.lang.Nullable;
import reactor.core.publisher.Mono;

/** The operations of {@link RateLimitsEndpoint} in an application of WebFlux. Safe for use by many threads. */
@EndpointWebExtension(endpoint = RateLimitsEndpoint.class)
final class ReactiveRateLimitsEndpoint {

    private final RateLimitsEndpoint endpoint;

    ReactiveRateLimitsEndpoint(RateLimitsEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @ReadOperation
    Mono<byte[]> ratelimits() {
        return ConnectionThreads.answer(endpoint::ratelimits);
    }

    @ReadOperation
    Mono<WebEndpointResponse<Object>> organization(
            @Selector String organization, @Nullable String tier, @Nullable String kind, @Nullable String member) {
        return ConnectionThreads.answer(() -> endpoint.organization(organization, tier, kind, member));
    }

    @WriteOperation
    Mono<WebEndpointResponse<Object>> change(
            @Selector String organization,
            @Selector String action,
            @Nullable String tier,
            @Nullable String table,
            @Nullable String scope,
            @Nullable Long units,
            @Nullable String kind,
            @Nullable String member) {
        return ConnectionThreads.answer(
                () -> endpoint.change(organization, action, tier, table, scope, units, kind, member));
    }

    @DeleteOperation
    Mono<WebEndpointResponse<Object>> forget(@Selector String organization) {
        return ConnectionThreads.answer(() -> endpoint.forget(organization));
    }
}
