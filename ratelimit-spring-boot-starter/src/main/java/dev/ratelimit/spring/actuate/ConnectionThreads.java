package dev.ratelimit.spring.actuate;

import dev.ratelimit.spring.webflux.ServerThreads;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Answers of endpoints in an application of WebFlux: found out on a thread that may wait for a store, and given on the
 * thread of the connection. Boot itself would give them on the thread that waits. Then Netty loses some: {@link
 * ServerThreads} says why. The filter of calls tells which request it is; where that is switched off, nobody does.
 */
final class ConnectionThreads {

    private ConnectionThreads() {}

    /** Returns what an operation answers; empty for null. */
    static <T> Mono<T> answer(Callable<@Nullable T> operation) {
        Mono<T> answer = Mono.<T>fromCallable(operation).subscribeOn(Schedulers.boundedElastic());
        return Mono.deferContextual(subscriber -> subscriber
                .<ServerWebExchange>getOrEmpty(ServerWebExchange.class)
                .map(exchange -> ServerThreads.on(exchange.getRequest(), answer))
                .orElse(answer));
    }
}
