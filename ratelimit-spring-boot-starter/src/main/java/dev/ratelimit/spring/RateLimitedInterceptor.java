package dev.ratelimit.spring;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** Asks for the calls of {@link RateLimited} methods. Safe for use by many threads. */
final class RateLimitedInterceptor implements MethodInterceptor {

    private final MethodCalls calls;
    private final Map<Method, LimitedMethod> methods = new ConcurrentHashMap<>();

    RateLimitedInterceptor(MethodCalls calls) {
        this.calls = calls;
    }

    @Override
    public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
        LimitedMethod method = methods.computeIfAbsent(
                invocation.getMethod(),
                called -> new LimitedMethod(
                        called, requireNonNull(AnnotatedElementUtils.findMergedAnnotation(called, RateLimited.class))));
        if (OnClassPath.REACTOR && ReactiveCalls.isReactive(invocation.getMethod())) {
            return new ReactiveCalls(calls, method).invoke(invocation);
        }
        Optional<WebCall> call = calls.currentCall(invocation.getArguments());
        if (calls.isCharged(call, method)) {
            return invocation.proceed();
        }
        Usage usage = calls.usage(invocation, method);
        Reservation reservation = reserve(calls.caller(invocation, method, call), method, usage);
        if (reservation.decision() instanceof Rejected no) {
            throw new RateLimitExceededException(no, usage);
        }
        Object result;
        try {
            result = invocation.proceed();
        } catch (Throwable failure) {
            calls.settle(reservation, usage);
            throw failure;
        }
        if (result instanceof CompletionStage<?> stage) {
            CompletionStage<?> unused = stage.whenComplete((value, failure) -> calls.settleLater(reservation, usage));
        } else {
            calls.settle(reservation, usage);
        }
        return result;
    }

    private Reservation reserve(Resolution who, LimitedMethod method, Usage usage) {
        RateLimiter known = calls.limiter();
        try {
            return known.reserve(who, method.endpoint(), usage);
        } catch (Throwable failure) { // whatever it is, it must not take the service down
            return calls.undecided(failure);
        }
    }
}
