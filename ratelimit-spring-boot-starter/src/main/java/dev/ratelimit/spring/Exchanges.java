package dev.ratelimit.spring;

import dev.ratelimit.spring.webflux.ReactiveRateLimits;
import dev.ratelimit.spring.webflux.ServerThreads;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/** Finds the exchange that a method is called in, and its request. Loaded only where there is WebFlux. */
final class Exchanges {

    private Exchanges() {}

    /** Tells whether a subscriber is within an exchange. */
    static boolean isWithin(ContextView subscriber) {
        return subscriber.hasKey(ServerWebExchange.class);
    }

    /** Returns the request of the exchange that a subscriber is within, when its principal is known. */
    static Mono<WebCall> call(ContextView subscriber) {
        return ReactiveRateLimits.call(subscriber.get(ServerWebExchange.class));
    }

    /** Returns an answer on the thread of the exchange that a subscriber is within. */
    static <T> Mono<T> onItsThread(ContextView subscriber, Mono<T> answer) {
        return ServerThreads.on(subscriber.get(ServerWebExchange.class).getRequest(), answer);
    }

    /** Returns the request of an exchange that is among the arguments of a method. */
    static Optional<WebCall> among(@Nullable Object[] arguments) {
        for (Object argument : arguments) {
            if (argument instanceof ServerWebExchange exchange) {
                return Optional.ofNullable(exchange.getAttribute(WebCall.class.getName()));
            }
        }
        return Optional.empty();
    }
}
