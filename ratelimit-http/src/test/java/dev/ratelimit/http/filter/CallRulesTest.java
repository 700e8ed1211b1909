package dev.ratelimit.http.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.testkit.ManualTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CallRulesTest {

    private static final Tier TIER = Tier.named("trial")
            .limits("chat", RateLimit.perMinute(Unit.TOKENS, 100))
            .build();
    private static final Caller ACME = Caller.of("acme", TIER);

    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(TIER)
            .timeSource(new ManualTime())
            .build();
    private final Builder builder = new Builder(limiter);

    /** A request of no framework. */
    private record Request(String method, String path, Map<String, List<String>> fields) {

        static Request of(String method, String... fields) {
            Map<String, List<String>> all = new HashMap<>();
            for (int i = 0; i < fields.length; i += 2) {
                all.put(fields[i], List.of(fields[i + 1]));
            }
            return new Request(method, "/chat", all);
        }
    }

    private static final class Reader implements RequestReader<Request> {

        @Override
        public String method(Request request) {
            return request.method;
        }

        @Override
        public String path(Request request) {
            return request.path;
        }

        @Override
        public List<String> field(Request request, String name) {
            return request.fields.getOrDefault(name, List.of());
        }

        @Override
        public @Nullable String address(Request request) {
            return "192.0.2.7";
        }
    }

    private static final class Builder extends FilterBuilder<Request, String, Builder> {

        Builder(RateLimiter limiter) {
            super(limiter, new Reader());
        }

        CallRules<Request, String> build() {
            return rules("test");
        }
    }

    private CallRules<Request, String> rules() {
        return builder.caller(request -> ACME).endpoint("GET", "/chat", "chat").build();
    }

    private LimitedCall call(long tokens) {
        Usage estimate = Usage.of(Unit.TOKENS, tokens);
        return new LimitedCall(limiter.reporting().reserve(ACME, "chat", estimate), ACME, "chat", estimate);
    }

    private long used() {
        return limiter.status(ACME, "chat").get(0).used();
    }

    @Test
    void whoCallsAndEndpointsMustBeSet() {
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("who calls must be set: by keys(..), organization(..) or caller(..)");
        builder.caller(request -> ACME);
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("endpoints must be set: by endpoint(..) or endpoints(..)");
    }

    @Test
    void aFunctionNamesWhatNoPatternMatches() {
        CallRules<Request, String> rules = builder.caller(request -> ACME)
                .endpoint("GET", "/chat", "chat")
                .endpoints(request -> Optional.of("other"))
                .build();
        assertThat(rules.endpoint(Request.of("GET"))).contains("chat");
        assertThat(rules.endpoint(Request.of("POST"))).contains("other");
        assertThat(rules.refusalOfUnmatched(Request.of("POST"))).isEmpty();
    }

    @Test
    void anUnmatchedRequestIsRefusedIfThatIsSet() {
        builder.refuseUnmatched();
        assertThat(rules().endpoint(Request.of("POST"))).isEmpty();
        assertThat(rules().refusalOfUnmatched(Request.of("POST")))
                .hasValueSatisfying(no -> assertThat(no.cause()).isEqualTo(new EndpointUnknown("/chat")));
    }

    @Test
    void aPreflightHasBothFields() {
        assertThat(rules().isPreflight(Request.of("OPTIONS", "Origin", "o", "Access-Control-Request-Method", "GET")))
                .isTrue();
        assertThat(rules().isPreflight(Request.of("OPTIONS", "Origin", "o"))).isFalse();
        assertThat(rules().isPreflight(Request.of("GET", "Origin", "o", "Access-Control-Request-Method", "GET")))
                .isFalse();
    }

    @Test
    void aCallerThatCannotBeFoundOutIsRefused() {
        CallRules<Request, String> rules = builder.caller(request -> {
                    throw new IllegalStateException("as planned");
                })
                .endpoint("GET", "/chat", "chat")
                .build();
        assertThat(rules.caller(Request.of("GET")))
                .isInstanceOfSatisfying(
                        Rejected.class, no -> assertThat(no.cause()).isEqualTo(new StoreUnavailable()));
    }

    @Test
    void anOrganizationIsOnTheTierOfTheLimiter() {
        CallRules<Request, String> rules = builder.organization(request ->
                        request.fields.getOrDefault("org", List.of()).stream().findFirst())
                .endpoint("GET", "/chat", "chat")
                .build();
        assertThat(rules.caller(Request.of("GET", "org", "acme"))).isEqualTo(ACME);
        assertThat(rules.caller(Request.of("GET"))).isEqualTo(Rejected.permanent(new KeyUnknown(), ""));
    }

    @Test
    void aRefusedKeyIsToldFromNone() {
        CallRules<Request, String> rules = builder.keys(
                        KeyField.bearer(), digest -> Rejected.permanent(new KeyUnknown(), ""))
                .limitRefusedKeys(TIER)
                .endpoint("GET", "/chat", "chat")
                .build();
        Request request = Request.of("GET", "Authorization", "Bearer secret");
        Rejected no = (Rejected) rules.caller(request);
        assertThat(challenge(rules.problem(no, Usage.call(), request))).isEqualTo("Bearer error=\"invalid_token\"");
        assertThat(challenge(rules.problem(no, Usage.call(), Request.of("GET"))))
                .isEqualTo("Bearer");
        assertThat(rules.networkOfRefused(no, request)).contains(Caller.of("network 192.0.2.7", TIER));
        Rejected away = Rejected.temporary(new StoreUnavailable(), "", 1);
        assertThat(rules.networkOfRefused(away, request)).isEmpty();
        assertThat(new Builder(limiter)
                        .keys(digest -> no)
                        .endpoint("*", "/**", "all")
                        .build()
                        .networkOfRefused(no, request))
                .isEmpty();
    }

    private static String challenge(HttpProblem problem) {
        Map<String, String> fields = new HashMap<>();
        problem.write(fields::put);
        return fields.getOrDefault("WWW-Authenticate", "none");
    }

    @Test
    void fieldsAreExposedToOtherOrigins() {
        builder.fields(RateLimitFields.of()).problems(HttpProblems.standard()).exposeFields();
        Rejected no = Rejected.temporary(new StoreUnavailable(), "", 1).withLimits(List.of());
        Map<String, String> fields = new HashMap<>();
        assertThat(rules().writeFields(no, Usage.call(), Request.of("GET", "Origin", "o"), fields::put))
                .contains("Retry-After, retry-after-ms");
        assertThat(rules().writeFields(no, Usage.call(), Request.of("GET"), fields::put))
                .isEmpty();
        assertThat(fields).containsOnlyKeys("Retry-After", "retry-after-ms");
    }

    @Test
    void aLimiterThatThrowsLetsCallsPassOrRefusesThem() {
        builder.failClosed();
        assertThat(rules().undecided(new StackOverflowError()).decision().isAdmitted())
                .isFalse();
        builder.failOpen();
        assertThat(rules().undecided(new StackOverflowError())).isSameAs(LimitedCall.unlimited());
    }

    @Test
    void aCallIsSettledForWhatIsKnown() {
        rules().end(call(10), Request.of("GET"), "", 200, true);
        assertThat(used()).isEqualTo(10);
        builder.actual((request, response) -> Optional.of(Usage.of(Unit.TOKENS, 3)));
        rules().end(call(10), Request.of("GET"), "", 200, false);
        assertThat(used()).isEqualTo(13);
        builder.actual((request, response) -> {
            throw new IllegalStateException("as planned");
        });
        rules().end(call(10), Request.of("GET"), "", 200, false);
        assertThat(used()).isEqualTo(23);
    }

    @Test
    void aStatusMayMakeACallFree() {
        builder.cancelOn(status -> status >= 500);
        rules().end(call(10), Request.of("GET"), "", 500, false);
        assertThat(used()).isZero();
        rules().end(call(10), Request.of("GET"), "", 429, false);
        assertThat(used()).isEqualTo(10);
    }

    @Test
    void whatTheHandlerHasEndedStays() {
        LimitedCall call = call(10);
        call.settle(Usage.of(Unit.TOKENS, 4));
        rules().end(call, Request.of("GET"), "", 200, true);
        assertThat(used()).isEqualTo(4);
    }

    @Test
    void aCallWhoseHandlerNeverRanIsCancelled() {
        rules().cancel(call(10));
        assertThat(used()).isZero();
        rules().cancel(Reservation.rejected(Rejected.permanent(new KeyUnknown(), "")));
        assertThat(used()).isZero();
    }

    @Test
    void aReservationThatCannotBeEndedHarmsNobody() {
        rules().cancel(new Unending(call(10), true));
        rules().cancel(new Unending(call(10), false));
        LimitedCall failing = new LimitedCall(new Unending(call(10), true), ACME, "chat", Usage.call());
        rules().end(failing, Request.of("GET"), "", 200, false);
        rules().refusedKeyUncharged(new IllegalStateException("as planned"));
        assertThat(used()).isEqualTo(30);
    }

    /** A reservation whose end fails, at once or later. */
    private record Unending(Reservation reservation, boolean atOnce) implements Reservation {

        private CompletionStage<Boolean> failed() {
            if (atOnce) {
                throw new IllegalStateException("as planned");
            }
            return CompletableFuture.failedStage(new IllegalStateException("as planned"));
        }

        @Override
        public Decision decision() {
            return reservation.decision();
        }

        @Override
        public Decision use(Usage piece) {
            return reservation.use(piece);
        }

        @Override
        public boolean settle(Usage actual) {
            throw new IllegalStateException("as planned");
        }

        @Override
        public boolean settle() {
            throw new IllegalStateException("as planned");
        }

        @Override
        public boolean cancel() {
            throw new IllegalStateException("as planned");
        }

        @Override
        public boolean renew() {
            return reservation.renew();
        }

        @Override
        public CompletionStage<Boolean> settleAsync(Usage actual) {
            return failed();
        }

        @Override
        public CompletionStage<Boolean> cancelAsync() {
            return failed();
        }
    }
}
