package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.http.Challenge;
import dev.ratelimit.http.Dialect;
import dev.ratelimit.http.HttpProblem;
import dev.ratelimit.http.HttpProblems;
import dev.ratelimit.http.KeyField;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.servlet.TestServer.Kind;
import dev.ratelimit.testkit.ManualTime;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may call what, and how it is answered, on real servers. */
@SuppressWarnings("NullAway.Init") // each test starts a server
class RateLimitFilterTest {

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(2), "chat"))
            .build();
    private static final Tier PRODUCTION = Tier.named("production")
            .account("production")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(100), "chat"))
            .build();

    private final ManualTime time = new ManualTime();
    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(TRIAL).timeSource(time).build();
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(TRIAL)
            .production(PRODUCTION)
            .timeSource(time)
            .build();

    private TestServer server;

    RateLimitFilterTest() {
        keys.register(KeyDigest.of("good"), "acme", KeyKind.TRIAL);
        keys.register(KeyDigest.of("revoked"), "acme", KeyKind.TRIAL);
        keys.revoke(KeyDigest.of("revoked"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RateLimitFilterBuilder byKey() {
        return RateLimitFilter.builder(limiter).keys(keys).endpoint("GET", "/chat", "chat");
    }

    /** Starts a server on which acme calls, under a tier. */
    private void startUnder(Kind kind, Tier tier, Usage estimate) throws Exception {
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        server = kind.start(
                RateLimitFilter.builder(limiter)
                        .organization(request -> Optional.of("acme"))
                        .endpoint("*", "/{endpoint}", "{endpoint}")
                        .estimate(request -> estimate)
                        .build(),
                "/",
                Handler.hello());
    }

    @ParameterizedTest
    @EnumSource
    void aCallIsToldWhereItsCallerStands(Kind kind) throws Exception {
        server = kind.start(byKey().build(), "/chat", Handler.hello());

        HttpResponse<String> first = get("/chat", "good");
        get("/chat", "good");
        HttpResponse<String> refused = get("/chat", "good");

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body()).isEqualTo("Hello");
        assertThat(Web.field(first, "RateLimit-Policy")).isEqualTo("\"calls per minute/chat\";q=2;w=60");
        assertThat(Web.field(first, "RateLimit")).isEqualTo("\"calls per minute/chat\";r=1;t=60");
        assertThat(first.headers().firstValue("Retry-After")).isEmpty();
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(Web.field(refused, "RateLimit")).isEqualTo("\"calls per minute/chat\";r=0;t=60");
        assertThat(Web.field(refused, "Retry-After")).isEqualTo("60");
        assertThat(Web.field(refused, "Content-Type")).isEqualTo(HttpProblem.CONTENT_TYPE);
        assertThat(Web.field(refused, "Cache-Control")).isEqualTo("no-store");
        assertThat(refused.body()).contains("\"status\":429", "\"violated-policies\":[\"calls per minute/chat\"]");
        time.advance(Duration.ofSeconds(60));
        assertThat(get("/chat", "good").statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> get(String path, String key) throws Exception {
        return Web.get(server.uri(path), "Authorization", "Bearer " + key);
    }

    @ParameterizedTest
    @EnumSource
    void aKeyThatIsMissingUnknownOrRevokedIs401(Kind kind) throws Exception {
        server = kind.start(byKey().build(), "/chat", Handler.hello());

        HttpResponse<String> missing = Web.get(server.uri("/chat"));
        HttpResponse<String> unknown = get("/chat", "unknown");
        HttpResponse<String> revoked = get("/chat", "revoked");
        HttpResponse<String> two =
                Web.get(server.uri("/chat"), "Authorization", "Bearer good", "Authorization", "Bearer good");
        HttpResponse<String> basic = Web.get(server.uri("/chat"), "Authorization", "Basic Zm9v");

        assertThat(List.of(missing, unknown, revoked, two, basic))
                .allMatch(response -> response.statusCode() == 401)
                .allMatch(response -> Web.field(response, "x-should-retry").equals("false"))
                .allMatch(response -> response.body().contains("\"about:blank\""));
        assertThat(List.of(missing, two, basic))
                .allMatch(response -> Web.field(response, "WWW-Authenticate").equals("Bearer"));
        assertThat(List.of(unknown, revoked))
                .allMatch(response -> Web.field(response, "WWW-Authenticate").equals("Bearer error=\"invalid_token\""));
        assertThat(revoked.body()).contains("The API key is revoked");
        assertThat(List.of(unknown.body(), revoked.body(), two.body())).noneMatch(body -> body.contains("good"));
    }

    @ParameterizedTest
    @EnumSource
    void aKeyOfBytesThatAreNoTextIs401(Kind kind) throws Exception {
        server = kind.start(byKey().build(), "/chat", Handler.hello());
        String answer = Raw.get(server, "/chat", "Connection: close", "Authorization: Bearer g\u00F6\u00F6d");
        assertThat(answer).startsWith("HTTP/1.1 401 ");
    }

    @ParameterizedTest
    @EnumSource
    void keysMayComeInAFieldOfOnesOwn(Kind kind) throws Exception {
        server = kind.start(
                RateLimitFilter.builder(limiter)
                        .keys(KeyField.named("X-API-Key"), keys)
                        .problems(HttpProblems.standard().withChallenge(Challenge.apiKey("keys of our own")))
                        .endpoint("GET", "/chat", "chat")
                        .build(),
                "/chat",
                Handler.hello());

        assertThat(Web.get(server.uri("/chat"), "X-API-Key", "good").statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = get("/chat", "good");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(Web.field(refused, "WWW-Authenticate")).isEqualTo("ApiKey realm=\"keys of our own\"");
    }

    @ParameterizedTest
    @EnumSource
    void aQuotaOfMoneyIs402(Kind kind) throws Exception {
        Tier tier = Tier.named("prepaid")
                .table(LimitTable.named("spending").each(Quota.perMonth(Unit.NANO_USD, 1_000), "chat"))
                .build();
        startUnder(kind, tier, Usage.of(Unit.NANO_USD, 600));

        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = Web.get(server.uri("/chat"));
        assertThat(refused.statusCode()).isEqualTo(402);
        assertThat(refused.body()).contains("\"violated-policies\":[\"spending/chat\"]");
    }

    @ParameterizedTest
    @EnumSource
    void aCallThatIsTooLargeIs413(Kind kind) throws Exception {
        Tier tier = Tier.named("small")
                .table(LimitTable.named("tokens per call").each(PerCallLimit.of(Unit.TOKENS, 100), "chat"))
                .build();
        startUnder(kind, tier, Usage.of(Unit.TOKENS, 101));

        HttpResponse<String> refused = Web.get(server.uri("/chat"));
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(Web.field(refused, "x-should-retry")).isEqualTo("false");
        assertThat(Web.field(refused, "RateLimit-Policy"))
                .isEqualTo("\"tokens per call/chat\";q=100;qu=\"tokens\";ratelimit-per-call");
    }

    @ParameterizedTest
    @EnumSource
    void anEndpointThatTheTierRefusesIs404(Kind kind) throws Exception {
        Tier tier = Tier.named("closed")
                .table(LimitTable.named("calls").each(RateLimit.perMinute(2), "chat"))
                .refuseOtherEndpoints()
                .build();
        startUnder(kind, tier, Usage.call());

        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = Web.get(server.uri("/embed"));
        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(refused.body()).contains("There is no endpoint \\\"embed\\\"");
    }

    @ParameterizedTest
    @EnumSource
    void statusesAreOfTheHostsChoice(Kind kind) throws Exception {
        server = kind.start(
                byKey().problems(HttpProblems.standard().withStatus(cause -> 403))
                        .build(),
                "/chat",
                Handler.hello());

        HttpResponse<String> refused = get("/chat", "unknown");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whatNoPatternMatchesPassesWithoutAKey(Kind kind) throws Exception {
        server = kind.start(byKey().build(), "/", Handler.hello());

        for (String path : List.of("/", "/health", "/chat/more", "/Chat")) {
            HttpResponse<String> response = Web.get(server.uri(path));
            assertThat(response.statusCode()).as(path).isEqualTo(200);
            assertThat(response.headers().firstValue("RateLimit")).isEmpty();
        }
        assertThat(Web.call("POST", server.uri("/chat")).statusCode()).isEqualTo(200);
        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @EnumSource
    void whatNoPatternMatchesMayBeRefused(Kind kind) throws Exception {
        server = kind.start(byKey().refuseUnmatched().build(), "/", Handler.hello());

        HttpResponse<String> refused = get("/health", "good");
        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(refused.body()).contains("There is no endpoint \\\"/health\\\"");
        assertThat(get("/chat", "good").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void aFunctionNamesWhatNoPatternMatches(Kind kind) throws Exception {
        server = kind.start(
                byKey().endpoints(request -> Optional.ofNullable(request.getParameter("call")))
                        .build(),
                "/",
                Handler.hello());

        assertThat(get("/chat?call=other", "good").headers().firstValue("RateLimit"))
                .isPresent();
        assertThat(get("/rpc?call=chat", "good").headers().firstValue("RateLimit"))
                .isPresent();
        assertThat(get("/rpc?call=chat", "good").statusCode()).isEqualTo(429);
        assertThat(Web.get(server.uri("/rpc")).statusCode()).isEqualTo(200);
    }

    /** However a client writes a path, the handler that it reaches is limited. */
    @ParameterizedTest
    @EnumSource
    void aPathThatIsWrittenInAnotherWayIsTheSameEndpoint(Kind kind) throws Exception {
        server = kind.start(byKey().build(), "/", Handler.hello());

        for (String path : List.of("/ch%61t", "/chat;jsessionid=1", "/chat/", "/a/../chat", "/./chat", "//chat")) {
            // A server may refuse such a path itself, but no such call may pass as one that no pattern matches.
            assertThat(raw(path)).as(path).containsPattern("^HTTP/1.1 (401|400) ");
        }
        assertThat(List.of("/ch%61t", "/chat;jsessionid=1", "/chat/", "http://127.0.0.1/chat"))
                .allSatisfy(path -> assertThat(raw(path)).startsWith("HTTP/1.1 401 "));
    }

    private String raw(String path) throws IOException {
        return Raw.get(server, path, "Connection: close");
    }

    @ParameterizedTest
    @EnumSource
    void aPreflightPassesAndIsNotCharged(Kind kind) throws Exception {
        server = kind.start(
                RateLimitFilter.builder(limiter)
                        .keys(keys)
                        .endpoint("*", "/chat", "chat")
                        .build(),
                "/chat",
                Handler.hello());

        assertThat(Web.call(
                                "OPTIONS",
                                server.uri("/chat"),
                                "Origin",
                                "https://example.org",
                                "Access-Control-Request-Method",
                                "POST")
                        .statusCode())
                .isEqualTo(200);
        assertThat(Web.call("OPTIONS", server.uri("/chat")).statusCode()).isEqualTo(401);
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void headIsLimitedAsGetIs(Kind kind) throws Exception {
        server = kind.start(byKey().build(), "/chat", Handler.hello());

        String[] key = {"Authorization", "Bearer good"};
        assertThat(Web.call("HEAD", server.uri("/chat"), key).statusCode()).isEqualTo(200);
        assertThat(Web.call("HEAD", server.uri("/chat"), key).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = Web.call("HEAD", server.uri("/chat"), key);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).isEmpty();
        assertThat(Web.field(refused, "Retry-After")).isEqualTo("60");
    }

    @ParameterizedTest
    @EnumSource
    void scriptsOfOtherOriginsMayReadTheFields(Kind kind) throws Exception {
        server = kind.start(byKey().exposeFields().build(), "/chat", Handler.of((request, response) -> {
            response.reset();
            response.getWriter().print("Hello");
        }));

        HttpResponse<String> cross =
                Web.get(server.uri("/chat"), "Authorization", "Bearer good", "Origin", "https://example.org");
        assertThat(cross.headers().allValues("Access-Control-Expose-Headers"))
                .containsExactly("RateLimit-Policy, RateLimit");
        assertThat(get("/chat", "good").headers().firstValue("Access-Control-Expose-Headers"))
                .isEmpty();
        HttpResponse<String> refused =
                Web.get(server.uri("/chat"), "Authorization", "Bearer good", "Origin", "https://example.org");
        assertThat(Web.field(refused, "Access-Control-Expose-Headers"))
                .isEqualTo("Retry-After, retry-after-ms, RateLimit-Policy, RateLimit");
    }

    @ParameterizedTest
    @EnumSource
    void severalDialectsAreWrittenAtOnce(Kind kind) throws Exception {
        server = kind.start(
                byKey().fields(RateLimitFields.of(Dialect.X_RATELIMIT, Dialect.OPENAI))
                        .build(),
                "/chat",
                Handler.hello());

        HttpResponse<String> response = get("/chat", "good");
        assertThat(Web.field(response, "X-RateLimit-Remaining")).isEqualTo("1");
        assertThat(Web.field(response, "x-ratelimit-remaining-requests")).isEqualTo("1");
        assertThat(response.headers().firstValue("RateLimit")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void refusedKeysAreLimitedByNetworkAndGoodOnesAreNot(Kind kind) throws Exception {
        Tier refused = Tier.named("refused keys")
                .table(LimitTable.named("refused keys per hour").allTogether(RateLimit.perHour(2)))
                .build();
        server = kind.start(byKey().limitRefusedKeys(refused).build(), "/chat", Handler.hello());

        assertThat(get("/chat", "one").statusCode()).isEqualTo(401);
        assertThat(get("/chat", "good").statusCode()).isEqualTo(200);
        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(401);
        HttpResponse<String> tooMany = get("/chat", "three");
        assertThat(tooMany.statusCode()).isEqualTo(429);
        assertThat(Web.field(tooMany, "Retry-After")).isEqualTo("3600");
        assertThat(get("/chat", "good").statusCode()).isEqualTo(200);
        time.advance(Duration.ofHours(1));
        assertThat(get("/chat", "four").statusCode()).isEqualTo(401);
    }

    /** Twenty limits, with names as long as they may be and in any script, in all dialects at once. */
    @ParameterizedTest
    @EnumSource
    void twentyLimitsPassAServerAsItIs(Kind kind) throws Exception {
        Tier.Builder tier = Tier.named("many".repeat(50));
        for (int i = 0; i < 20; i++) {
            String name = i + "\u20AC\r\n\"".repeat(10_000);
            tier.table(
                    LimitTable.named(name).each(RateLimit.of(Unit.TOKENS, 1L << 52, Duration.ofDays(30 + i)), "chat"));
        }
        for (Unit unit : List.of(Unit.CALLS, Unit.TOKENS, new Unit("input-tokens"), new Unit("output-tokens"))) {
            tier.table(LimitTable.named(unit.name()).each(Quota.perMonth(unit, 1), "chat"));
        }
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(tier.build())
                .timeSource(time)
                .build();
        RateLimitFields all = RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC);
        server = kind.start(
                RateLimitFilter.builder(limiter)
                        .organization(request -> Optional.of("acme"))
                        .endpoint("GET", "/chat", "chat")
                        .fields(all)
                        .exposeFields()
                        .build(),
                "/chat",
                Handler.hello());

        for (int status : List.of(200, 429)) {
            HttpResponse<String> response = Web.get(server.uri("/chat"), "Origin", "https://example.org");
            assertThat(response.statusCode()).isEqualTo(status);
            assertThat(Web.field(response, "RateLimit").split(", ")).hasSize(4);
            assertThat(Web.field(response, "RateLimit").length()).isLessThan(1_024);
            assertThat(Web.field(response, "RateLimit-Policy").length()).isBetween(1, 1_024);
            assertThat(response.headers().firstValue("anthropic-ratelimit-output-tokens-limit"))
                    .contains("1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerFindsOutWhoCalls(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> response.getWriter()
                .print(RateLimits.caller(request) + " from " + RateLimits.network(request) + ", "
                        + RateLimits.reservation(request).decision().limits().size() + " limits"));
        server = kind.start(List.of(byKey().build()), Map.of("/", handler));

        assertThat(get("/chat", "good").body())
                .isEqualTo("Optional[acme under tier trial (account default)] from 127.0.0.1, 1 limits");
        assertThat(get("/health", "good").body()).isEqualTo("Optional.empty from 127.0.0.1, 0 limits");
    }

    /** Filters before this one say who the principal is; the test's own takes it from a field. */
    @ParameterizedTest
    @EnumSource
    void aPrincipalIsAnOrganization(Kind kind) throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .organization(request ->
                        Optional.ofNullable(request.getUserPrincipal()).map(Principal::getName))
                .endpoint("GET", "/chat", "chat")
                .build();
        server = kind.start(List.of(Principals.FILTER, filter), Map.of("/chat", Handler.hello()));

        List<Integer> statuses =
                IntStream.range(0, 3).mapToObj(i -> statusFor("acme")).toList();
        assertThat(statuses).containsExactly(200, 200, 429);
        assertThat(statusFor("other")).isEqualTo(200);
        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(401);
    }

    private int statusFor(String principal) {
        try {
            return Web.get(server.uri("/chat"), Principals.FIELD, principal).statusCode();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Of two filters each has limits of its own, and the client reads the fields of the second. */
    @ParameterizedTest
    @EnumSource
    void twoFiltersLimitOneCall(Kind kind) throws Exception {
        Tier perNetwork = Tier.named("network")
                .table(LimitTable.named("network").each(RateLimit.perMinute(1), "any"))
                .build();
        RateLimiter networks =
                InMemoryRateLimiter.builder().tier(perNetwork).timeSource(time).build();
        RateLimitFilter first = RateLimitFilter.builder(networks)
                .organization(request -> Optional.of(RateLimits.network(request)))
                .endpoint("*", "/**", "any")
                .build();
        server = kind.start(List.of(first, byKey().build()), Map.of("/chat", Handler.hello()));

        assertThat(Web.field(get("/chat", "good"), "RateLimit")).isEqualTo("\"calls per minute/chat\";r=1;t=60");
        HttpResponse<String> refused = get("/chat", "good");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(Web.field(refused, "RateLimit")).isEqualTo("\"network/any\";r=0;t=60");
        assertThat(networks.status("127.0.0.1", "any").get(0).used()).isOne();
        assertThat(limiter.status("acme", "chat").get(0).used()).isOne();
    }
}
