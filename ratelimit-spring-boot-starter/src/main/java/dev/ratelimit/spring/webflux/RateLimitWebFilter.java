package dev.ratelimit.spring.webflux;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.filter.CallRules;
import dev.ratelimit.http.filter.LimitedCall;
import dev.ratelimit.spring.WebCall;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * A filter that decides the calls of WebFlux. It answers those that are refused, tells clients where they stand, and
 * settles what each call has used, as {@link dev.ratelimit.servlet.RateLimitFilter} does for servlets. No thread waits
 * for a store.
 *
 * <p><b>Ends.</b> An open reservation is settled when the handler's publisher completes or fails, or when its client
 * has left. A client that leaves before the limiter has answered is not charged: its reservation is cancelled when it
 * comes. An exception that reaches the filter before the response is committed counts as the status that it names,
 * otherwise as 500.
 *
 * <p><b>Threads.</b> A call goes on by the thread of its connection on Netty, be the answer of the limiter early or
 * late. On other servers it goes on by a thread of Reactor's where the answer is late.
 *
 * <p>Safe for use by many threads.
 */
public final class RateLimitWebFilter implements WebFilter, Ordered {

    private final CallRules<WebCall, ServerHttpResponse> rules;
    private final int order;
    private final Predicate<WebCall> exempt;

    RateLimitWebFilter(CallRules<WebCall, ServerHttpResponse> rules, int order, Predicate<WebCall> exempt) {
        this.rules = rules;
        this.order = order;
        this.exempt = exempt;
    }

    /**
     * Begins a filter.
     *
     * @param limiter decides the calls
     * @return a builder
     */
    public static RateLimitWebFilterBuilder builder(RateLimiter limiter) {
        return new RateLimitWebFilterBuilder(limiter);
    }

    @Override
    public int getOrder() {
        return order;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return decided(exchange, chain).contextWrite(context -> withExchange(context, exchange));
    }

    /** Lets {@link dev.ratelimit.spring.RateLimited} methods find the request that they are called in. */
    static Context withExchange(Context context, ServerWebExchange exchange) {
        return context.put(ServerWebExchange.class, exchange);
    }

    private Mono<Void> decided(ServerWebExchange exchange, WebFilterChain chain) {
        ExchangeCall unnamed = new ExchangeCall(exchange, Optional.empty());
        exchange.getAttributes().put(WebCall.class.getName(), unnamed);
        if (exempt.test(unnamed) || rules.isPreflight(unnamed)) {
            return chain.filter(exchange);
        }
        Optional<String> endpoint = rules.endpoint(unnamed);
        if (endpoint.isPresent()) {
            return ExchangeCall.of(exchange).flatMap(call -> decide(endpoint.get(), call, chain));
        }
        return rules.refusalOfUnmatched(unnamed)
                .map(unmatched -> refuse(unmatched, Usage.call(), unnamed))
                .orElseGet(() -> chain.filter(exchange));
    }

    private Mono<Void> decide(String endpoint, ExchangeCall call, WebFilterChain chain) {
        call.exchange().getAttributes().put(WebCall.class.getName(), call);
        Resolution who = rules.caller(call);
        if (!(who instanceof Caller caller)) {
            return chargeRefusedKey((Rejected) who, call).flatMap(no -> refuse(no, Usage.call(), call));
        }
        Usage estimate = rules.estimate(call);
        CompletableFuture<Reservation> answer = reserve(caller, endpoint, estimate);
        // Set by whoever comes first: the handler, which then pays, or the end of a client that has left before.
        AtomicBoolean taken = new AtomicBoolean();
        return answered(answer, call)
                .flatMap(reservation -> taken.compareAndSet(false, true)
                        ? goOn(reservation, caller, endpoint, estimate, call, chain)
                        : Mono.empty())
                .doOnCancel(() -> {
                    if (taken.compareAndSet(false, true)) {
                        CompletionStage<Void> unused = answer.thenAccept(rules::cancel); // which never fails
                    }
                });
    }

    private static <T> Mono<T> answered(CompletableFuture<T> answer, ExchangeCall call) {
        Mono<T> answered = Mono.fromFuture(answer, true);
        return answer.isDone() ? answered : ServerThreads.on(call.exchange().getRequest(), answered);
    }

    /** Returns the answer of the limiter, which never is a failure. */
    private CompletableFuture<Reservation> reserve(Caller caller, String endpoint, Usage estimate) {
        try {
            return rules.limiter()
                    .async()
                    .reserve(caller, endpoint, estimate)
                    .exceptionally(rules::undecided)
                    .toCompletableFuture();
        } catch (Throwable failure) { // whatever it is, it must not take the service down
            return CompletableFuture.completedFuture(rules.undecided(failure));
        }
    }

    /** Returns the answer to a call whose key is refused, which is charged to the network that it comes from. */
    private Mono<Rejected> chargeRefusedKey(Rejected no, ExchangeCall call) {
        Optional<Caller> network = rules.networkOfRefused(no, call);
        if (network.isEmpty()) {
            return Mono.just(no);
        }
        return Mono.defer(() -> answered(
                        rules.limiter()
                                .async()
                                .tryAcquire(network.get(), CallRules.REFUSED_KEYS)
                                .toCompletableFuture(),
                        call))
                .map(decision -> decision instanceof Rejected tooMany ? tooMany : no)
                .onErrorResume(
                        failure -> { // the key is refused in any case
                            rules.refusedKeyUncharged(failure);
                            return Mono.just(no);
                        });
    }

    private Mono<Void> refuse(Rejected no, Usage usage, ExchangeCall call) {
        writeFields(no, usage, call);
        ServerHttpResponse response = call.response();
        HttpProblem problem = rules.problem(no, usage, call);
        problem.write(response.getHeaders()::set);
        byte[] body = problem.body();
        response.setStatusCode(HttpStatusCode.valueOf(problem.status()));
        response.getHeaders().setContentLength(body.length);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
    }

    private Mono<Void> goOn(
            Reservation reservation,
            Caller caller,
            String endpoint,
            Usage estimate,
            ExchangeCall call,
            WebFilterChain chain) {
        if (reservation.decision() instanceof Rejected no) {
            return refuse(no, estimate, call);
        }
        if (reservation == LimitedCall.unlimited()) {
            return chain.filter(call.exchange());
        }
        LimitedCall limited = new LimitedCall(reservation, caller, endpoint, estimate);
        call.exchange().getAttributes().put(LimitedCall.ATTRIBUTE, limited);
        AtomicBoolean ended = new AtomicBoolean();
        return Mono.defer(() -> {
                    writeFields(limited.decision(), Usage.call(), call);
                    return chain.filter(call.exchange());
                })
                .doOnError(failure -> end(limited, call, statusOf(failure, call.response()), ended))
                .doFinally(signal -> end(limited, call, statusOf(call.response()), ended));
    }

    private void end(LimitedCall limited, ExchangeCall call, int status, AtomicBoolean ended) {
        if (ended.compareAndSet(false, true)) {
            rules.end(limited, call, call.response(), status, false);
        }
    }

    private static int statusOf(ServerHttpResponse response) {
        HttpStatusCode status = response.getStatusCode();
        return status == null ? HttpStatus.OK.value() : status.value();
    }

    /** Returns the status of an answer whose handler has failed: Spring chooses it by the failure while it can. */
    private static int statusOf(Throwable failure, ServerHttpResponse response) {
        if (response.isCommitted()) {
            return statusOf(response);
        }
        if (failure instanceof ErrorResponse known) {
            return known.getStatusCode().value();
        }
        return MergedAnnotations.from(failure.getClass(), MergedAnnotations.SearchStrategy.TYPE_HIERARCHY)
                .get(ResponseStatus.class)
                .getValue("code", HttpStatus.class)
                .orElse(HttpStatus.INTERNAL_SERVER_ERROR)
                .value();
    }

    private void writeFields(Decision decision, Usage usage, ExchangeCall call) {
        HttpHeaders headers = call.response().getHeaders();
        rules.writeFields(decision, usage, call, headers::set)
                .ifPresent(names -> headers.add(CallRules.EXPOSED, names));
    }
}
