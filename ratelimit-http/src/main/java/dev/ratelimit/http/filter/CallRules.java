package dev.ratelimit.http.filter;

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
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a filter asks about a call: who makes it and for which endpoint, what it is expected to use, what to answer, and
 * how it ends. {@link FilterBuilder} makes it. Nothing here waits for a store, unless {@link #end} may.
 *
 * <p>Safe for use by many threads.
 *
 * @param <Q> the requests of the framework
 * @param <R> its responses
 */
public final class CallRules<Q, R> {

    /** The endpoint that a call with a refused key is charged to, in the name of its network. */
    public static final String REFUSED_KEYS = "refused keys";

    /** The field that names the fields which scripts of other origins may read. */
    public static final String EXPOSED = "Access-Control-Expose-Headers";

    static final Rejected NO_KEY = Rejected.permanent(new KeyUnknown(), "");

    private final RequestReader<? super Q> reader;
    private final RateLimiter limiter;
    private final Function<Q, Optional<String>> endpoints;
    private final boolean refusesUnmatched;
    private final Function<? super Q, ? extends Resolution> callers;
    private final @Nullable KeyField keyField;
    private final @Nullable Tier refusedKeys;
    private final Function<? super Q, Usage> estimates;
    private final BiFunction<? super Q, ? super R, Optional<Usage>> actuals;
    private final IntPredicate cancelOn;
    private final RateLimitFields fields;
    private final boolean exposesFields;
    private final HttpProblems problems;
    private final boolean failsOpen;
    private final ThrottledLog log;

    CallRules(
            FilterBuilder<Q, R, ?> builder,
            Function<Q, Optional<String>> endpoints,
            Function<? super Q, ? extends Resolution> callers,
            String logger) {
        this.reader = builder.reader;
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
        this.log = new ThrottledLog(limiter.timeSource(), logger);
    }

    /**
     * Returns the limiter that decides the calls.
     *
     * @return the limiter, whose decisions report
     */
    public RateLimiter limiter() {
        return limiter;
    }

    /**
     * Tells whether a request is the preflight of CORS, which brings no key and is never limited.
     *
     * @param request the request
     * @return true for {@code OPTIONS} with {@code Origin} and {@code Access-Control-Request-Method}
     */
    public boolean isPreflight(Q request) {
        return reader.method(request).equals("OPTIONS")
                && has(request, "Origin")
                && has(request, "Access-Control-Request-Method");
    }

    private boolean has(Q request, String field) {
        return !reader.field(request, field).isEmpty();
    }

    /**
     * Names the endpoint of a request.
     *
     * @param request the request
     * @return the endpoint; empty if the request is for none
     */
    public Optional<String> endpoint(Q request) {
        return endpoints.apply(request);
    }

    /**
     * Returns the answer to a request that is for no endpoint.
     *
     * @param request the request
     * @return a refusal by {@link EndpointUnknown}; empty if the request passes
     */
    public Optional<Rejected> refusalOfUnmatched(Q request) {
        return refusesUnmatched
                ? Optional.of(Rejected.permanent(new EndpointUnknown(reader.path(request)), ""))
                : Optional.empty();
    }

    /**
     * Finds out who calls. Where that fails, it is logged, and the call is refused.
     *
     * @param request the request
     * @return the caller, or the refusal that is the answer
     */
    public Resolution caller(Q request) {
        try {
            return requireNonNull(callers.apply(request), "caller");
        } catch (Throwable failure) { // whatever it is, the next call may fare better
            log.warn("Who calls could not be found out, and the call is refused", failure);
            return LimitedCall.UNAVAILABLE;
        }
    }

    /**
     * Returns what a call is expected to use.
     *
     * @param request the request
     * @return the usage to reserve
     */
    public Usage estimate(Q request) {
        return requireNonNull(estimates.apply(request), "estimate");
    }

    /**
     * Returns what stands for the reservation of a call that the limiter failed to decide, and logs the failure.
     *
     * @param failure what the limiter threw
     * @return {@link LimitedCall#unlimited()}, or a reservation that is rejected by {@link StoreUnavailable}
     */
    public Reservation undecided(Throwable failure) {
        log.warn("A call could not be decided, and is " + (failsOpen ? "admitted" : "refused"), failure);
        return failsOpen ? LimitedCall.unlimited() : LimitedCall.unavailable();
    }

    /**
     * Returns who is to be charged for a call whose key is refused, at the endpoint {@link #REFUSED_KEYS}.
     *
     * @param no the refusal
     * @param request the request
     * @return the network that the request comes from; empty if it is not limited, or if no key is refused
     */
    public Optional<Caller> networkOfRefused(Rejected no, Q request) {
        boolean isOfKey = no.cause() instanceof KeyUnknown || no.cause() instanceof KeyRevoked;
        return refusedKeys == null || !isOfKey
                ? Optional.empty()
                : Optional.of(
                        Caller.of("network " + ClientNetwork.of(reader.address(request)), requireNonNull(refusedKeys)));
    }

    /**
     * Logs that a refused key was not charged, which the caller is refused for in any case.
     *
     * @param failure what the limiter threw
     */
    public void refusedKeyUncharged(Throwable failure) {
        log.warn("A refused key could not be charged", failure);
    }

    /**
     * Writes the fields that tell a client where it stands.
     *
     * @param decision what the limiter answered, or the refusal of a key
     * @param usage what the call asked for
     * @param request the request
     * @param sink sets a field, by name and value
     * @return the value to add to the field {@link #EXPOSED}; empty if none is to be added
     */
    public Optional<String> writeFields(Decision decision, Usage usage, Q request, BiConsumer<String, String> sink) {
        if (!exposesFields || !has(request, "Origin")) {
            fields.write(decision, usage, sink);
            return Optional.empty();
        }
        StringJoiner names = new StringJoiner(", ");
        fields.write(decision, usage, (name, value) -> {
            sink.accept(name, value);
            names.add(name);
        });
        return names.length() > 0 ? Optional.of(names.toString()) : Optional.empty();
    }

    /**
     * Makes the answer to a call that is refused.
     *
     * @param no the refusal
     * @param usage what the call asked for
     * @param request the request
     * @return the status, the body, and the fields that go with it
     */
    public HttpProblem problem(Rejected no, Usage usage, Q request) {
        HttpProblem problem = problems.of(no, usage);
        boolean hadKey = keyField != null
                && keyField.key(reader.field(request, keyField.name())).isPresent();
        return hadKey ? problem.withInvalidKey() : problem;
    }

    /**
     * Ends a call that its handler has not ended: cancels it if its status makes it free, otherwise settles it for what
     * is known to be used. What goes wrong is logged, since the answer is given and nothing can be done about it.
     *
     * @param call the call
     * @param request its request
     * @param response its response
     * @param status the status of the answer
     * @param mayWait whether the client may wait for a store, so that its next call finds this one settled
     */
    public void end(LimitedCall call, Q request, R response, int status, boolean mayWait) {
        if (call.hasEnded()) {
            return;
        }
        try {
            CompletionStage<Boolean> ending = ending(call, request, response, status, mayWait);
            if (ending != LimitedCall.ENDED) {
                logIfUnsettled(ending);
            }
        } catch (Throwable failure) { // see above
            logUnsettled(failure);
        }
    }

    /**
     * Cancels a reservation whose handler never ran, without waiting. What goes wrong is logged.
     *
     * @param reservation the reservation, admitted or not
     */
    public void cancel(Reservation reservation) {
        try {
            logIfUnsettled(reservation.cancelAsync());
        } catch (Throwable failure) { // see end
            logUnsettled(failure);
        }
    }

    private void logIfUnsettled(CompletionStage<Boolean> ending) {
        ending.whenComplete((ended, failure) -> {
            if (failure != null) {
                logUnsettled(failure);
            }
        });
    }

    private void logUnsettled(Throwable failure) {
        log.warn("A call could not be settled", failure);
    }

    private CompletionStage<Boolean> ending(LimitedCall call, Q request, R response, int status, boolean mayWait) {
        if (cancelOn.test(status)) {
            return call.cancel(mayWait);
        }
        Optional<Usage> actual = actual(request, response);
        return actual.isPresent() ? call.settleFor(actual.get(), mayWait) : call.settleForWhatIsKnown(mayWait);
    }

    private Optional<Usage> actual(Q request, R response) {
        try {
            return actuals.apply(request, response);
        } catch (Throwable failure) { // the pieces or the estimate are known all the same
            log.warn("What a call has used could not be found out", failure);
            return Optional.empty();
        }
    }
}
