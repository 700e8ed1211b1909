package dev.ratelimit.spring;

import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.aopalliance.intercept.MethodInvocation;
import org.reactivestreams.Publisher;
import org.springframework.aop.ProxyMethodInvocation;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * Asks for the calls of a method that returns a publisher, at each subscription. Loaded only where there is Reactor.
 *
 * @param calls asks about calls
 * @param method the method
 */
record ReactiveCalls(MethodCalls calls, LimitedMethod method) {

    static boolean isReactive(Method method) {
        Class<?> type = method.getReturnType();
        return type == Mono.class || type == Flux.class || type == Publisher.class;
    }

    Publisher<?> invoke(MethodInvocation invocation) {
        Flux<Object> limited = Flux.deferContextual(context -> limited(invocation, context));
        return invocation.getMethod().getReturnType() == Mono.class ? limited.singleOrEmpty() : limited;
    }

    private Flux<Object> limited(MethodInvocation invocation, ContextView context) {
        return OnClassPath.EXCHANGES && Exchanges.isWithin(context)
                ? Exchanges.call(context)
                        .flatMapMany(call -> limited(
                                invocation, Optional.of(call), answer -> Exchanges.onItsThread(context, answer)))
                : limited(
                        invocation,
                        calls.currentCall(invocation.getArguments()),
                        answer -> answer.publishOn(Schedulers.parallel()));
    }

    private Flux<Object> limited(
            MethodInvocation invocation, Optional<WebCall> call, UnaryOperator<Mono<Reservation>> late) {
        if (calls.isCharged(call, method)) {
            return proceed(invocation);
        }
        Usage usage = calls.usage(invocation, method);
        CompletableFuture<Reservation> answer = reserve(calls.caller(invocation, method, call), usage);
        // Set by whoever comes first: the method, which then pays, or a subscriber that has left before.
        AtomicBoolean taken = new AtomicBoolean();
        Mono<Reservation> answered = Mono.fromFuture(answer, true);
        return (answer.isDone() ? answered : late.apply(answered))
                .flatMapMany(reservation ->
                        taken.compareAndSet(false, true) ? admitted(reservation, usage, invocation) : Flux.empty())
                .doOnCancel(() -> {
                    if (taken.compareAndSet(false, true)) {
                        CompletionStage<Void> unused = answer.thenAccept(calls::cancelLater);
                    }
                });
    }

    private CompletableFuture<Reservation> reserve(Resolution who, Usage usage) {
        try {
            return calls.limiter()
                    .async()
                    .reserve(who, method.endpoint(), usage)
                    .exceptionally(calls::undecided)
                    .toCompletableFuture();
        } catch (Throwable failure) { // whatever it is, it must not take the service down
            return CompletableFuture.completedFuture(calls.undecided(failure));
        }
    }

    private Flux<Object> admitted(Reservation reservation, Usage usage, MethodInvocation invocation) {
        return reservation.decision() instanceof Rejected no
                ? Flux.error(new RateLimitExceededException(no, usage))
                : proceed(invocation).doFinally(signal -> calls.settleLater(reservation, usage));
    }

    /** Calls the method. A further subscription calls it again, so each has an invocation of its own. */
    private static Flux<Object> proceed(MethodInvocation invocation) {
        MethodInvocation own =
                invocation instanceof ProxyMethodInvocation proxied ? proxied.invocableClone() : invocation;
        return Flux.defer(() -> {
            try {
                Object result = own.proceed();
                return result == null ? Flux.empty() : Flux.from((Publisher<?>) result);
            } catch (Throwable failure) {
                return Flux.error(failure);
            }
        });
    }
}
