package dev.ratelimit.spring.actuate;

import java.util.Map;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import reactor.core.publisher.Mono;

/** The operations of {@link RateLimitQuotasEndpoint} in an application of WebFlux. Safe for use by many threads. */
@EndpointWebExtension(endpoint = RateLimitQuotasEndpoint.class)
final class ReactiveRateLimitQuotasEndpoint {

    private final RateLimitQuotasEndpoint endpoint;

    ReactiveRateLimitQuotasEndpoint(RateLimitQuotasEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @ReadOperation
    Mono<Map<String, Object>> quotas() {
        return ConnectionThreads.answer(endpoint::quotas);
    }

    @DeleteOperation
    Mono<WebEndpointResponse<Object>> release(@Selector String machine) {
        return ConnectionThreads.answer(() -> endpoint.release(machine));
    }
}
