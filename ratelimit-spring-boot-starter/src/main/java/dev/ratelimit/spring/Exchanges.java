package dev.ratelimit.spring;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/** Finds the request of an exchange that a method takes. Loaded only where there is WebFlux. */
final class Exchanges {

    private Exchanges() {}

    static Optional<WebCall> among(@Nullable Object[] arguments) {
        for (Object argument : arguments) {
            if (argument instanceof ServerWebExchange exchange) {
                return Optional.ofNullable(exchange.getAttribute(WebCall.class.getName()));
            }
        }
        return Optional.empty();
    }
}
