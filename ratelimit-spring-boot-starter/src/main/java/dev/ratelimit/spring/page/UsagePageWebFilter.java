package dev.ratelimit.spring.page;

import dev.ratelimit.spring.WebCall;
import dev.ratelimit.spring.webflux.ReactiveRateLimits;
import dev.ratelimit.spring.webflux.ServerThreads;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Serves the page in an application of WebFlux.
 *
 * @param page what it answers
 * @param order its place among the filters
 */
record UsagePageWebFilter(UsagePage page, int order) implements WebFilter, Ordered {

    @Override
    public int getOrder() {
        return order;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return ReactiveRateLimits.call(exchange).flatMap(call -> filter(call, exchange.getResponse(), chain, exchange));
    }

    private Mono<Void> filter(
            WebCall call, ServerHttpResponse response, WebFilterChain chain, ServerWebExchange exchange) {
        Optional<CompletionStage<PageAnswer>> answer = page.answer(call);
        return answer.isPresent()
                ? ServerThreads.on(exchange.getRequest(), Mono.fromCompletionStage(answer.get()))
                        .flatMap(known -> write(known, response))
                : chain.filter(exchange);
    }

    private static Mono<Void> write(PageAnswer answer, ServerHttpResponse response) {
        response.setStatusCode(HttpStatusCode.valueOf(answer.status()));
        answer.fields().forEach(response.getHeaders()::set);
        response.getHeaders().setContentLength(answer.body().length);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(answer.body())));
    }
}
