package dev.ratelimit.http.filter;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.http.Dialect;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.http.RateLimitFields;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What the builders of filters have in common. Who calls and which endpoints there are must be set; all else has a
 * default.
 *
 * <p>The functions that a builder is given are called on the threads of requests, by many at once. What a function for
 * endpoints or estimates throws reaches the server, as if a handler had thrown it.
 *
 * <p>A builder may make several filters. Not safe for use by many threads.
 *
 * @param <Q> the requests of the framework
 * @param <R> its responses
 * @param <B> the builder's own type
 */
public abstract class FilterBuilder<Q, R, B extends FilterBuilder<Q, R, B>> {

    final RateLimiter limiter;
    final RequestReader<? super Q> reader;

    private EndpointPatterns patterns = EndpointPatterns.none();
    private @Nullable Function<? super Q, Optional<String>> endpoints;
    private @Nullable Function<? super Q, ? extends Resolution> callers;

    boolean refusesUnmatched;

    @Nullable
    KeyField keyField;

    @Nullable
    Tier refusedKeys;

    Function<? super Q, Usage> estimates = request -> Usage.call();
    BiFunction<? super Q, ? super R, Optional<Usage>> actuals = (request, response) -> Optional.empty();
    IntPredicate cancelOn = status -> false;
    RateLimitFields fields = RateLimitFields.of(Dialect.IETF);
    boolean exposesFields;
    HttpProblems problems = HttpProblems.standard();
    boolean failsOpen = true;

    /**
     * For the builder of a framework's filter.
     *
     * @param limiter decides the calls
     * @param reader reads the requests
     */
    protected FilterBuilder(RateLimiter limiter, RequestReader<? super Q> reader) {
        this.limiter = requireNonNull(limiter, "limiter");
        this.reader = requireNonNull(reader, "reader");
    }

    @SuppressWarnings("unchecked") // B is the builder's own type
    private B self() {
        return (B) this;
    }

    /**
     * Lets keys in {@code Authorization: Bearer} say who calls. A call without a key, or with one that is refused, is
     * answered with 401.
     *
     * @param keys resolves keys
     * @return this builder
     */
    public B keys(KeyDirectory keys) {
        return keys(KeyField.bearer(), keys);
    }

    /**
     * Lets keys in a field say who calls. A call without a key, or with one that is refused, is answered with 401.
     *
     * @param field the field that brings the key
     * @param keys resolves keys
     * @return this builder
     */
    public B keys(KeyField field, KeyDirectory keys) {
        requireNonNull(field, "field");
        requireNonNull(keys, "keys");
        caller(request ->
                keys.resolve(field.key(reader.field(request, field.name())).orElse(null)));
        keyField = field;
        return self();
    }

    /**
     * Lets a function say which organization calls, such as the name of the principal. Its tier is that of the limiter.
     * A call of nobody is answered with 401.
     *
     * @param organization gives the organization; empty if nobody is known to call
     * @return this builder
     */
    public B organization(Function<? super Q, Optional<String>> organization) {
        requireNonNull(organization, "organization");
        return caller(request -> {
            Optional<String> name = organization.apply(request);
            return name.isPresent() ? limiter.caller(name.get()) : CallRules.NO_KEY;
        });
    }

    /**
     * Lets a function say who calls and under which tier. If it throws, the call is answered with 503.
     *
     * @param caller gives the caller, or the refusal that is the answer
     * @return this builder
     */
    public B caller(Function<? super Q, ? extends Resolution> caller) {
        this.callers = requireNonNull(caller, "caller");
        this.keyField = null;
        return self();
    }

    /**
     * Names the field that brings a key, where {@link #caller} is what reads it: the answer to a call whose key is
     * refused then says so, as {@code Bearer} has it.
     *
     * @param field the field that brings the key
     * @return this builder
     */
    public B keyField(KeyField field) {
        keyField = requireNonNull(field, "field");
        return self();
    }

    /**
     * Adds an endpoint. The first pattern that matches a request names its endpoint.
     *
     * @param method the method, in capitals, or {@code *} for any; {@code GET} is {@code HEAD} too
     * @param pattern the path within the application, decoded. A segment {@code *} or {@code {name}} is any one
     *     segment, and {@code **} at the end is all that follows, or nothing. Empty segments do not count, so that
     *     {@code /chat/} is {@code /chat}
     * @param endpoint the name of the endpoint; or a {@code {name}} of the pattern, whose segment is the name then
     * @return this builder
     * @throws IllegalArgumentException if one of them is malformed
     */
    public B endpoint(String method, String pattern, String endpoint) {
        patterns = patterns.with(method, pattern, endpoint);
        return self();
    }

    /**
     * Lets a function name the endpoint of a request that no pattern matches. It should not return a path as it is,
     * since callers would then choose the names.
     *
     * @param endpoints gives the name; empty if the request is not limited
     * @return this builder
     */
    public B endpoints(Function<? super Q, Optional<String>> endpoints) {
        this.endpoints = requireNonNull(endpoints, "endpoints");
        return self();
    }

    /**
     * Refuses requests that are for no endpoint, with 404. Otherwise they pass, and need no key.
     *
     * @return this builder
     */
    public B refuseUnmatched() {
        refusesUnmatched = true;
        return self();
    }

    /**
     * Limits calls whose key is missing or refused. Each {@linkplain ClientNetwork network} of callers is limited
     * under a tier at the endpoint {@code refused keys}, and is answered with 429 instead of 401 when it has used that
     * up. Calls with a good key are not concerned, whoever shares their network.
     *
     * @param tier the limits of one network
     * @return this builder
     */
    public B limitRefusedKeys(Tier tier) {
        refusedKeys = requireNonNull(tier, "tier");
        return self();
    }

    /**
     * Sets what a call is expected to use, which is charged before its handler runs. It is one call unless stated.
     *
     * @param estimate gives the usage; it must not read the body, which the handler wants to read
     * @return this builder
     */
    public B estimate(Function<? super Q, Usage> estimate) {
        this.estimates = requireNonNull(estimate, "estimate");
        return self();
    }

    /**
     * Sets what a call has used, which is settled when the request is over, unless the handler has settled it. If the
     * function throws, that is logged, and the call is settled as if there were none.
     *
     * @param actual gives the usage in all, for example from an attribute that the handler has set; empty if it is not
     *     known: then the pieces or the estimate count
     * @return this builder
     */
    public B actual(BiFunction<? super Q, ? super R, Optional<Usage>> actual) {
        this.actuals = requireNonNull(actual, "actual");
        return self();
    }

    /**
     * Sets which calls are free, by the status of their answer: all that they were charged is given back. A handler
     * that throws before the response is committed counts as 500. Once a status is sent it stays, so a stream that
     * fails behind 200 is paid for. No call is free unless stated.
     *
     * @param status tells whether calls with an answer of that status are free, such as {@code status -> status >= 500}
     * @return this builder
     */
    public B cancelOn(IntPredicate status) {
        this.cancelOn = requireNonNull(status, "status");
        return self();
    }

    /**
     * Sets the fields by which clients learn where they stand; those of {@link Dialect#IETF} unless stated.
     *
     * @param fields the fields
     * @return this builder
     */
    public B fields(RateLimitFields fields) {
        this.fields = requireNonNull(fields, "fields");
        return self();
    }

    /**
     * Lets scripts of other origins read the fields: adds {@code Access-Control-Expose-Headers} where a request has
     * {@code Origin}. Whether an origin may call at all is left to a filter before this one.
     *
     * @return this builder
     */
    public B exposeFields() {
        exposesFields = true;
        return self();
    }

    /**
     * Sets the answers to calls that are refused; those of {@link HttpProblems#standard()} unless stated.
     *
     * @param problems the answers
     * @return this builder
     */
    public B problems(HttpProblems problems) {
        this.problems = requireNonNull(problems, "problems");
        return self();
    }

    /**
     * Lets calls go on without limits if the limiter throws. This is the default. A limiter whose store is away throws
     * nothing: it decides by its own policy.
     *
     * @return this builder
     */
    public B failOpen() {
        failsOpen = true;
        return self();
    }

    /**
     * Answers calls with 503 if the limiter throws.
     *
     * @return this builder
     */
    public B failClosed() {
        failsOpen = false;
        return self();
    }

    /**
     * Returns what the filter asks about its calls.
     *
     * @param logger the name of the logger that failures are told by
     * @return the rules
     * @throws IllegalStateException if it is not set who calls, or which endpoints there are
     */
    protected CallRules<Q, R> rules(String logger) {
        if (callers == null) {
            throw new IllegalStateException("who calls must be set: by keys(..), organization(..) or caller(..)");
        }
        if (patterns.isEmpty() && endpoints == null) {
            throw new IllegalStateException("endpoints must be set: by endpoint(..) or endpoints(..)");
        }
        return new CallRules<>(this, endpointsOf(patterns), callers, logger);
    }

    private Function<Q, Optional<String>> endpointsOf(EndpointPatterns patterns) {
        Function<Q, Optional<String>> byPattern =
                request -> patterns.endpointOf(reader.method(request), reader.path(request));
        Function<? super Q, Optional<String>> others = endpoints;
        return others == null ? byPattern : request -> byPattern.apply(request).or(() -> others.apply(request));
    }
}
