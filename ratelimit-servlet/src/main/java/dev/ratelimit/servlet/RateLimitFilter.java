package dev.ratelimit.servlet;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.http.filter.CallRules;
import dev.ratelimit.http.filter.LimitedCall;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

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

    private static final AtomicLong FILTERS = new AtomicLong();

    /** The attribute of a request that this filter has decided. */
    private final String decided = RateLimits.CALL + '.' + FILTERS.incrementAndGet();

    private final CallRules<HttpServletRequest, HttpServletResponse> rules;

    RateLimitFilter(CallRules<HttpServletRequest, HttpServletResponse> rules) {
        this.rules = rules;
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
        Optional<String> endpoint = rules.endpoint(request);
        if (endpoint.isPresent()) {
            decide(endpoint.get(), request, response, chain);
            return;
        }
        Optional<Rejected> unmatched = rules.refusalOfUnmatched(request);
        if (unmatched.isPresent()) {
            refuse(unmatched.get(), Usage.call(), request, response);
        } else {
            chain.doFilter(request, response);
        }
    }

    private boolean isToBeDecided(HttpServletRequest request) {
        DispatcherType dispatch = request.getDispatcherType();
        return dispatch != DispatcherType.ERROR && dispatch != DispatcherType.INCLUDE && !rules.isPreflight(request);
    }

    private void decide(String endpoint, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Resolution who = rules.caller(request);
        if (!(who instanceof Caller caller)) {
            refuse(chargeRefusedKey((Rejected) who, request), Usage.call(), request, response);
            return;
        }
        Usage estimate = rules.estimate(request);
        Reservation reservation = reserve(caller, endpoint, estimate);
        if (reservation.decision() instanceof Rejected no) {
            refuse(no, estimate, request, response);
        } else if (reservation == LimitedCall.unlimited()) {
            request.setAttribute(decided, reservation);
            chain.doFilter(request, response);
        } else {
            goOn(new LimitedCall(reservation, caller, endpoint, estimate), request, response, chain);
        }
    }

    private Reservation reserve(Caller caller, String endpoint, Usage estimate) {
        try {
            return rules.limiter().reserve(caller, endpoint, estimate);
        } catch (Throwable failure) { // whatever it is, it must not take the service down
            return rules.undecided(failure);
        }
    }

    /** Returns the answer to a call whose key is refused, which is charged to the network that it comes from. */
    private Rejected chargeRefusedKey(Rejected no, HttpServletRequest request) {
        Optional<Caller> network = rules.networkOfRefused(no, request);
        if (network.isEmpty()) {
            return no;
        }
        try {
            return rules.limiter().tryAcquire(network.get(), CallRules.REFUSED_KEYS) instanceof Rejected tooMany
                    ? tooMany
                    : no;
        } catch (Throwable failure) { // the key is refused in any case
            rules.refusedKeyUncharged(failure);
            return no;
        }
    }

    private void refuse(Rejected no, Usage usage, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        writeFields(no, usage, request, response);
        HttpProblem problem = rules.problem(no, usage, request);
        problem.write(response::setHeader);
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
                        .addListener(new EndOfAsyncCall(
                                () -> rules.end(call, request, response, response.getStatus(), false)));
            } else { // after an exception, whether it is asynchronous or not: Tomcat then tells no listener of the end
                rules.end(call, request, response, status(response, !hasReturned), true);
            }
        }
    }

    /** Returns the status of an answer: if its handler threw, the server answers 500 while it can. */
    private static int status(HttpServletResponse response, boolean hasThrown) {
        return hasThrown && !response.isCommitted()
                ? HttpServletResponse.SC_INTERNAL_SERVER_ERROR
                : response.getStatus();
    }

    private HttpServletResponse withFields(
            Decision decision, HttpServletRequest request, HttpServletResponse response) {
        Runnable fields = () -> writeFields(decision, Usage.call(), request, response);
        fields.run();
        return new FieldsResponse(response, fields);
    }

    private void writeFields(Decision decision, Usage usage, HttpServletRequest request, HttpServletResponse response) {
        Optional<String> exposed = rules.writeFields(decision, usage, request, response::setHeader);
        if (exposed.isPresent() && !response.getHeaders(CallRules.EXPOSED).contains(exposed.get())) {
            response.addHeader(CallRules.EXPOSED, exposed.get());
        }
    }
}
