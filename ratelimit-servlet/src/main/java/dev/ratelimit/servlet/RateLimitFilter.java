package dev.ratelimit.servlet;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.http.RateLimitFields;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A filter that decides the calls of a web service. It answers those that are refused, tells clients where they stand,
 * and settles what each call has used.
 *
 * <pre>{@code
 * RateLimitFilter filter = RateLimitFilter.builder(limiter)
 *     .keys(keys)
 *     .endpoint("POST", "/v1/chat", "chat")
 *     .endpoint("*", "/v1/models/**", "models")
 *     .build();
 * }</pre>
 *
 * <p><b>Which calls.</b> A request is decided once, however often it is dispatched. It passes untouched if no pattern
 * matches it, if it is the preflight of CORS, or if it is an {@code ERROR} or {@code INCLUDE} dispatch. Map the filter
 * to all requests that the patterns are about, with support of asynchronous requests, for the dispatches {@code
 * REQUEST}, {@code FORWARD}, {@code ASYNC} and {@code ERROR}: an error page then has the fields too.
 *
 * <p><b>Answers.</b> The status is that of the {@linkplain HttpProblems cause}: 401 for keys, 402, 404, 413 and 429 for
 * limits, and 503 where limits or keys cannot be checked. The handler is not called. Each decided call has the {@link
 * RateLimitFields}, as of its own charge, before its handler runs.
 *
 * <p><b>What a call uses.</b> The estimate is reserved. The handler may use pieces of it and settle it ({@link
 * RateLimits#reservation}), and what it settles stays. When the request ends, the filter settles a reservation that is
 * still open: for the actual usage if there is a function for it, otherwise for the pieces, and without a piece for the
 * estimate. It does not matter how the request ends: a client that hangs up, a handler that throws, and a time-out pay
 * for what was used. The reservation is cancelled only if the filter fails before the handler runs, or for a status
 * that {@link RateLimitFilterBuilder#cancelOn} names.
 *
 * <p><b>Failures.</b> A limiter that throws is logged, once a minute at most. The call then goes on without limits, or
 * is answered with 503 ({@link RateLimitFilterBuilder#failClosed}). A directory of keys that throws is answered with
 * 503 in any case, since nobody knows who calls.
 *
 * <p>Safe for use by many threads. Several filters may stand one behind the other, each with limits of its own. A
 * client then reads the fields of the last one.
 */
public final class RateLimitFilter implements Filter {

    static final Rejected NO_KEY = Rejected.permanent(new KeyUnknown(), "");

    private static final Rejected UNAVAILABLE =
            Rejected.temporary(new StoreUnavailable(), "", Duration.ofSeconds(1).toNanos());

    private static final String REFUSED_KEYS = "refused keys";
    private static final String EXPOSED = "Access-Control-Expose-Headers";

    private static final AtomicLong FILTERS = new AtomicLong();

    /** The attribute of a request that this filter has decided. */
    private final String decided = RateLimits.CALL + '.' + FILTERS.incrementAndGet();

    private final RateLimiter limiter;
    private final Function<HttpServletRequest, Optional<String>> endpoints;
    private final boolean refusesUnmatched;
    private final Function<? super HttpServletRequest, ? extends Resolution> callers;
    private final @Nullable KeyField keyField;
    private final @Nullable Tier refusedKeys;
    private final Function<? super HttpServletRequest, Usage> estimates;
    private final BiFunction<? super HttpServletRequest, ? super HttpServletResponse, Optional<Usage>> actuals;
    private final IntPredicate cancelOn;
    private final RateLimitFields fields;
    private final boolean exposesFields;
    private final HttpProblems problems;
    private final boolean failsOpen;
    private final ThrottledLog log;

    RateLimitFilter(
            RateLimitFilterBuilder builder,
            Function<HttpServletRequest, Optional<String>> endpoints,
            Function<? super HttpServletRequest, ? extends Resolution> callers) {
        this.limiter = builder.limiter.reporting();
        this.endpoints = endpoints;
        this.refusesUnmatched = builder.refusesUnmatched;
        this.callers = callers;
        this.keyField = builder.keyField;
        this.refusedKeys = builder.refusedKeys;
        this.estimates = builder.estimates;
        this.actuals = builder.actuals;
        this.cancelOn = builder.cancelOn;
        this.fields = builder.fields;
        this.exposesFields = builder.exposesFields;
        this.problems = builder.problems;
        this.failsOpen = builder.failsOpen;
        this.log = new ThrottledLog(limiter.timeSource(), RateLimitFilter.class.getName());
    }

    /**
     * Begins a filter.
     *
     * @param limiter decides the calls
     * @return a builder
     */
    public static RateLimitFilterBuilder builder(RateLimiter limiter) {
        return new RateLimitFilterBuilder(limiter);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request instanceof HttpServletRequest call && response instanceof HttpServletResponse answer) {
            doFilter(call, answer, chain);
        } else {
            chain.doFilter(request, response);
        }
    }

    private void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getAttribute(decided) instanceof Reservation call) {
            chain.doFilter(request, withFields(call.decision(), request, response));
            return;
        }
        if (!isToBeDecided(request)) {
            chain.doFilter(request, response);
            return;
        }
        Optional<String> endpoint = endpoints.apply(request);
        if (endpoint.isPresent()) {
            decide(endpoint.get(), request, response, chain);
        } else if (refusesUnmatched) {
            EndpointUnknown unknown = new EndpointUnknown(EndpointPatterns.pathOf(request));
            refuse(Rejected.permanent(unknown, ""), Usage.call(), request, response);
        } else {
            chain.doFilter(request, response);
        }
    }

    private static boolean isToBeDecided(HttpServletRequest request) {
        DispatcherType dispatch = request.getDispatcherType();
        boolean isPreflight = request.getMethod().equals("OPTIONS")
                && request.getHeader("Origin") != null
                && request.getHeader("Access-Control-Request-Method") != null;
        return dispatch != DispatcherType.ERROR && dispatch != DispatcherType.INCLUDE && !isPreflight;
    }

    private void decide(String endpoint, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Resolution who = resolve(request);
        if (!(who instanceof Caller caller)) {
            refuse(chargeRefusedKey((Rejected) who, request), Usage.call(), request, response);
            return;
        }
        Usage estimate = requireNonNull(estimates.apply(request), "estimate");
        Reservation reservation = reserve(caller, endpoint, estimate);
        if (reservation.decision() instanceof Rejected no) {
            refuse(no, estimate, request, response);
        } else if (reservation == UnlimitedCall.INSTANCE) {
            request.setAttribute(decided, reservation);
            chain.doFilter(request, response);
        } else {
            goOn(new LimitedCall(reservation, caller, estimate), request, response, chain);
        }
    }

    private Resolution resolve(HttpServletRequest request) {
        try {
            return requireNonNull(callers.apply(request), "caller");
        } catch (Throwable failure) { // whatever it is, the next call may fare better
            log.warn("Who calls could not be found out, and the call is refused", failure);
            return UNAVAILABLE;
        }
    }

    private Reservation reserve(Caller caller, String endpoint, Usage estimate) {
        try {
            return limiter.reserve(caller, endpoint, estimate);
        } catch (Throwable failure) { // whatever it is, it must not take the service down
            log.warn("A call could not be decided, and is " + (failsOpen ? "admitted" : "refused"), failure);
            return failsOpen ? UnlimitedCall.INSTANCE : Reservation.rejected(UNAVAILABLE);
        }
    }

    /** Returns the answer to a call whose key is refused, which is charged to the network that it comes from. */
    private Rejected chargeRefusedKey(Rejected no, HttpServletRequest request) {
        boolean isOfKey = no.cause() instanceof KeyUnknown || no.cause() instanceof KeyRevoked;
        if (refusedKeys == null || !isOfKey) {
            return no;
        }
        try {
            Caller network = Caller.of("network " + RateLimits.network(request), refusedKeys);
            return limiter.tryAcquire(network, REFUSED_KEYS) instanceof Rejected tooMany ? tooMany : no;
        } catch (Throwable failure) { // the key is refused in any case
            log.warn("A refused key could not be charged", failure);
            return no;
        }
    }

    private void refuse(Rejected no, Usage usage, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        writeFields(no, usage, request, response);
        HttpProblem problem = problems.of(no, usage);
        boolean hadKey = keyField != null
                && keyField.key(Collections.list(request.getHeaders(keyField.name())))
                        .isPresent();
        (hadKey ? problem.withInvalidKey() : problem).write(response::setHeader);
        byte[] body = problem.body();
        response.setStatus(problem.status());
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private void goOn(LimitedCall call, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        boolean isEntered = false;
        boolean hasReturned = false;
        try {
            request.setAttribute(decided, call);
            request.setAttribute(RateLimits.CALL, call);
            HttpServletResponse withFields = withFields(call.decision(), request, response);
            isEntered = true;
            chain.doFilter(request, withFields);
            hasReturned = true;
        } finally {
            if (!isEntered) {
                call.cancel();
            } else if (hasReturned && request.isAsyncStarted()) {
                request.getAsyncContext()
                        .addListener(new EndOfAsyncCall(() -> end(call, request, response, false, false)));
            } else { // after an exception, whether it is asynchronous or not: Tomcat then tells no listener of the end
                end(call, request, response, !hasReturned, true);
            }
        }
    }

    private HttpServletResponse withFields(
            Decision decision, HttpServletRequest request, HttpServletResponse response) {
        Runnable fields = () -> writeFields(decision, Usage.call(), request, response);
        fields.run();
        return new FieldsResponse(response, fields);
    }

    private void writeFields(Decision decision, Usage usage, HttpServletRequest request, HttpServletResponse response) {
        if (!exposesFields || request.getHeader("Origin") == null) {
            fields.write(decision, usage, response::setHeader);
            return;
        }
        StringJoiner names = new StringJoiner(", ");
        fields.write(decision, usage, (name, value) -> {
            response.setHeader(name, value);
            names.add(name);
        });
        if (names.length() > 0 && !response.getHeaders(EXPOSED).contains(names.toString())) {
            response.addHeader(EXPOSED, names.toString());
        }
    }

    /**
     * Ends a call that its handler has not ended.
     *
     * @param hasThrown whether the handler threw
     * @param mayWait whether the client may wait for a store, so that its next call finds this one settled
     */
    private void end(
            LimitedCall call,
            HttpServletRequest request,
            HttpServletResponse response,
            boolean hasThrown,
            boolean mayWait) {
        if (call.hasEnded()) {
            return;
        }
        try {
            // A server answers 500 if it still can.
            int status = hasThrown && !response.isCommitted()
                    ? HttpServletResponse.SC_INTERNAL_SERVER_ERROR
                    : response.getStatus();
            ended(call, request, response, status, mayWait).whenComplete((ended, failure) -> {
                if (failure != null) {
                    logUnsettled(failure);
                }
            });
        } catch (Throwable failure) { // the answer is given, and nothing can be done about it
            logUnsettled(failure);
        }
    }

    private void logUnsettled(Throwable failure) {
        log.warn("A call could not be settled", failure);
    }

    private CompletionStage<Boolean> ended(
            LimitedCall call, HttpServletRequest request, HttpServletResponse response, int status, boolean mayWait) {
        if (cancelOn.test(status)) {
            return call.cancel(mayWait);
        }
        Optional<Usage> actual = actual(request, response);
        return actual.isPresent() ? call.settleFor(actual.get(), mayWait) : call.settleForWhatIsKnown(mayWait);
    }

    private Optional<Usage> actual(HttpServletRequest request, HttpServletResponse response) {
        try {
            return actuals.apply(request, response);
        } catch (Throwable failure) { // the pieces or the estimate are known all the same
            log.warn("What a call has used could not be found out", failure);
            return Optional.empty();
        }
    }
}
