package dev.ratelimit.spring;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import dev.ratelimit.http.filter.LimitedCall;
import dev.ratelimit.http.filter.ThrottledLog;
import dev.ratelimit.spring.boot.RequestProperties;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;

/**
 * What is asked about a call of a {@link RateLimited} method, and how it ends. Safe for use by many threads.
 *
 * <p>It asks for its beans when it is called first, so that they are not made before all that Spring does with beans.
 */
final class MethodCalls {

    private final ObjectProvider<RateLimiter> limiter;
    private final ObjectProvider<CallerResolver> callers;
    private final ObjectProvider<RequestProperties> requests;
    private volatile @Nullable ThrottledLog log;

    MethodCalls(
            ObjectProvider<RateLimiter> limiter,
            ObjectProvider<CallerResolver> callers,
            ObjectProvider<RequestProperties> requests) {
        this.limiter = limiter;
        this.callers = callers;
        this.requests = requests;
    }

    RateLimiter limiter() {
        return limiter.getObject().reporting();
    }

    /** Returns the request that a call is of, if it can be found. */
    Optional<WebCall> currentCall(@Nullable Object[] arguments) {
        Optional<WebCall> ofServlet = OnClassPath.SERVLETS ? ServletRequests.current() : Optional.empty();
        return ofServlet.isPresent() || !OnClassPath.EXCHANGES ? ofServlet : Exchanges.among(arguments);
    }

    /** Tells whether a filter has charged the request for the endpoint of a method. */
    boolean isCharged(Optional<WebCall> call, LimitedMethod method) {
        return limitedCall(call)
                .filter(limited -> limited.endpoint().equals(method.endpoint()))
                .isPresent();
    }

    private static Optional<LimitedCall> limitedCall(Optional<WebCall> call) {
        return call.flatMap(request -> request.attribute(LimitedCall.ATTRIBUTE)).map(LimitedCall.class::cast);
    }

    Usage usage(MethodInvocation invocation, LimitedMethod method) {
        return method.usage(requireNonNull(invocation.getThis()), invocation.getArguments());
    }

    Resolution caller(MethodInvocation invocation, LimitedMethod method, Optional<WebCall> call) {
        if (method.statesCaller()) {
            return method.caller(requireNonNull(invocation.getThis()), invocation.getArguments(), limiter());
        }
        Optional<LimitedCall> limited = limitedCall(call);
        if (limited.isPresent()) {
            return limited.get().caller();
        }
        return callers.getObject().resolve(call.orElseThrow(method::noCaller));
    }

    /** Returns what stands for the reservation of a call that the limiter failed to decide. */
    Reservation undecided(Throwable failure) {
        RequestProperties known = requests.getIfAvailable();
        boolean failsOpen = known == null || known.onError() == RequestProperties.OnError.FAIL_OPEN;
        log().warn("A call could not be decided, and is " + (failsOpen ? "admitted" : "refused"), failure);
        return failsOpen ? LimitedCall.unlimited() : LimitedCall.unavailable();
    }

    void settle(Reservation reservation, Usage usage) {
        try {
            reservation.settle(usage);
        } catch (Throwable failure) { // the method has ended, and nothing can be done about it
            log().warn("A call could not be settled", failure);
        }
    }

    void settleLater(Reservation reservation, Usage usage) {
        watch(() -> reservation.settleAsync(usage));
    }

    void cancelLater(Reservation reservation) {
        watch(reservation::cancelAsync);
    }

    private void watch(Supplier<CompletionStage<Boolean>> end) {
        try {
            CompletionStage<Boolean> unused = end.get().whenComplete((ended, failure) -> {
                if (failure != null) {
                    log().warn("A call could not be settled", failure);
                }
            });
        } catch (Throwable failure) { // see settle
            log().warn("A call could not be settled", failure);
        }
    }

    private ThrottledLog log() {
        ThrottledLog known = log;
        if (known == null) {
            known = new ThrottledLog(limiter().timeSource(), RateLimited.class.getName());
            log = known;
        }
        return known;
    }
}
