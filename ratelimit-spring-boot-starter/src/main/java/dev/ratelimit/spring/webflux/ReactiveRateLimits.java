package dev.ratelimit.spring.webflux;

import dev.ratelimit.Caller;
import dev.ratelimit.Reservation;
import dev.ratelimit.http.filter.LimitedCall;
import dev.ratelimit.spring.WebCall;
import java.util.Optional;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * What a handler of WebFlux finds out about its own call.
 *
 * <pre>{@code
 * @PostMapping("/v1/chat")
 * Flux<String> chat(@RequestBody String prompt, ServerWebExchange exchange) {
 *   Reservation reservation = ReactiveRateLimits.reservation(exchange);
 *   return model.answer(prompt)
 *       .concatMap(word -> Mono.fromCompletionStage(reservation.useAsync(Usage.of(Unit.TOKENS, 1)))
 *           .filter(Decision::isAdmitted)
 *           .map(admitted -> word)
 *           .defaultIfEmpty(END))
 *       .takeUntil(END::equals); // the quota ran out in the middle
 * }
 * }</pre>
 */
public final class ReactiveRateLimits {

    private ReactiveRateLimits() {}

    /**
     * Returns the reservation of a call. What the handler settles or cancels stays as it is. A reservation that is
     * still open when the exchange ends is settled by the filter. On a thread that must not block, a handler calls its
     * methods that return a stage.
     *
     * @param exchange the exchange
     * @return the reservation; if the call is not limited, one that admits every piece and has nothing to settle
     */
    public static Reservation reservation(ServerWebExchange exchange) {
        return exchange.getAttribute(LimitedCall.ATTRIBUTE) instanceof LimitedCall call
                ? call
                : LimitedCall.unlimited();
    }

    /**
     * Returns who calls.
     *
     * @param exchange the exchange
     * @return the organization and its tier; empty if the call is not limited
     */
    public static Optional<Caller> caller(ServerWebExchange exchange) {
        return exchange.getAttribute(LimitedCall.ATTRIBUTE) instanceof LimitedCall call
                ? Optional.of(call.caller())
                : Optional.empty();
    }

    /**
     * Returns a request as those see it that are asked about it.
     *
     * @param exchange the exchange
     * @return the request, when the principal is known
     */
    public static Mono<WebCall> call(ServerWebExchange exchange) {
        return ExchangeCall.of(exchange).map(call -> call);
    }
}
