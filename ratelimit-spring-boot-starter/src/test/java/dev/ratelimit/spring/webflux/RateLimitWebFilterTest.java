package dev.ratelimit.spring.webflux;

import static dev.ratelimit.spring.WebApp.field;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spring.WebApp;
import dev.ratelimit.testkit.ManualTime;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.Ordered;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class RateLimitWebFilterTest {

    private static final Duration AT_MOST = Duration.ofSeconds(10);
    private static final String KEY = "trial-key";
    private static final Tier TRIAL = Tier.named("trial")
            .limits("chat", RateLimit.perMinute(3))
            .limits("stream", RateLimit.perMinute(Unit.TOKENS, 100))
            .build();
    private static final Tier BAD_KEYS = Tier.named("bad keys")
            .limits("refused keys", RateLimit.perMinute(2))
            .build();
    private static final Caller ACME = Caller.of("acme", TRIAL);

    private final LateLimiter limiter = new LateLimiter(
            InMemoryRateLimiter.builder().timeSource(new ManualTime()).build());
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(TRIAL)
            .production(TRIAL.withAccount("production"))
            .build();

    /** Serves all tests, each of which has a filter of its own. */
    private static @Nullable WebApp app;

    private static final FilterOfTheTest FILTER = new FilterOfTheTest();

    private static final BlockingQueue<String> ENTERED = new LinkedBlockingQueue<>();

    private static final class FilterOfTheTest implements WebFilter, Ordered {

        private volatile @Nullable RateLimitWebFilter filter;

        @Override
        public int getOrder() {
            return -101; // that of the filter
        }

        @Override
        public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
            return requireNonNull(filter, "the test has no filter").filter(exchange, chain);
        }
    }

    @RestController
    static class Api {

        @PostMapping("/v1/chat")
        Mono<String> chat(@RequestBody String prompt, ServerWebExchange exchange) {
            return Mono.just("Hello " + ReactiveRateLimits.caller(exchange).map(Caller::organization));
        }

        @GetMapping("/v1/{endpoint}")
        String any(@PathVariable String endpoint) {
            return endpoint;
        }

        @GetMapping("/v1/status/{status}")
        Mono<String> status(@PathVariable int status) {
            return Mono.error(new ResponseStatusException(HttpStatus.valueOf(status)));
        }

        @GetMapping("/v1/throws")
        String throwsIt() {
            throw new IllegalStateException("as planned");
        }

        @GetMapping("/v1/settles")
        Mono<String> settles(ServerWebExchange exchange) {
            return Mono.fromCompletionStage(
                            ReactiveRateLimits.reservation(exchange).settleAsync(Usage.of(Unit.TOKENS, 42)))
                    .map(settled -> "settled " + settled);
        }

        /** Streams until its client leaves: a token, then silence. */
        @GetMapping(path = "/v1/stream", produces = "text/event-stream")
        Flux<String> stream(ServerWebExchange exchange) {
            ENTERED.add("stream");
            return Mono.fromCompletionStage(
                            ReactiveRateLimits.reservation(exchange).useAsync(Usage.of(Unit.TOKENS, 7)))
                    .map(used -> "word")
                    .concatWith(Flux.never());
        }

        @GetMapping(path = "/v1/fails", produces = "text/event-stream")
        Flux<String> failsBehindTheFirstByte(ServerWebExchange exchange) {
            return Flux.just("word")
                    .concatWith(Mono.delay(Duration.ofMillis(50))
                            .then(Mono.error(new IllegalStateException("as planned"))));
        }

        @GetMapping("/v1/never")
        Mono<String> never() {
            ENTERED.add("never");
            return Mono.never();
        }

        @GetMapping("/open")
        String open(ServerWebExchange exchange) {
            return "admitted "
                    + ReactiveRateLimits.reservation(exchange)
                            .use(Usage.of(Unit.TOKENS, 1_000_000))
                            .isAdmitted();
        }
    }

    @BeforeEach
    void registerAKey() {
        keys.register(KeyDigest.of(KEY), "acme", KeyKind.TRIAL);
    }

    private void start(Consumer<RateLimitWebFilterBuilder> settings) {
        RateLimitWebFilterBuilder builder = RateLimitWebFilter.builder(limiter.limiter())
                .keys(keys)
                .endpoint("POST", "/v1/chat", "chat")
                .endpoint("GET", "/v1/chat", "chat")
                .endpoint("GET", "/v1/**", "stream")
                .estimate(call -> call.path().equals("/v1/chat") ? Usage.call() : Usage.of(Unit.TOKENS, 30));
        settings.accept(builder);
        FILTER.filter = builder.build();
    }

    @BeforeAll
    static void startTheApplication() {
        app = WebApp.start(
                WebApp.Stack.NETTY,
                context -> context.registerBean("testedFilter", FilterOfTheTest.class, () -> FILTER),
                Api.class,
                "ratelimit.enabled=false");
    }

    private static WebApp app() {
        return requireNonNull(app, "the application has not started");
    }

    @AfterEach
    void forget() {
        FILTER.filter = null;
        ENTERED.clear();
    }

    @AfterAll
    static void stopTheApplication() {
        app().close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return app().get(path, "Authorization", "Bearer " + KEY);
    }

    private long used(String endpoint) {
        return limiter.answers.status(ACME, endpoint).get(0).used();
    }

    private void awaitUsed(String endpoint, long units) throws Exception {
        WebApp.until(units + " used", () -> used(endpoint) == units);
    }

    @Test
    void anAnswerTellsWhereItsClientStands() throws Exception {
        start(builder -> {});
        HttpResponse<String> response = app().send(app().request("/v1/chat")
                .header("Authorization", "Bearer " + KEY)
                .POST(BodyPublishers.ofString("Hi")));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("Hello Optional[acme]");
        assertThat(field(response, "RateLimit")).isEqualTo("\"calls per minute/chat\";r=2;t=60");
        assertThat(field(response, "RateLimit-Policy")).isEqualTo("\"calls per minute/chat\";q=3;w=60");
        assertThat(field(response, "Access-Control-Expose-Headers")).isEqualTo("none");
    }

    @Test
    void aCallBeyondTheLimitIsRefusedWithAProblem() throws Exception {
        start(builder -> {});
        for (int i = 0; i < 3; i++) {
            assertThat(get("/v1/chat").statusCode()).isEqualTo(200);
        }
        HttpResponse<String> response = get("/v1/chat");
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(field(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(field(response, "Cache-Control")).isEqualTo("no-store");
        assertThat(field(response, "Retry-After")).isEqualTo("60");
        assertThat(field(response, "RateLimit")).isEqualTo("\"calls per minute/chat\";r=0;t=60");
        assertThat(response.body())
                .contains("\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"")
                .contains("\"violated-policies\":[\"calls per minute/chat\"]");
        assertThat(used("chat")).isEqualTo(3);
    }

    @Test
    void aCallWithoutAKeyAndOneWithABadKeyAreToldApart() throws Exception {
        start(builder -> {});
        HttpResponse<String> none = app().get("/v1/chat");
        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(field(none, "WWW-Authenticate")).isEqualTo("Bearer");
        HttpResponse<String> bad = app().get("/v1/chat", "Authorization", "Bearer guess");
        assertThat(bad.statusCode()).isEqualTo(401);
        assertThat(field(bad, "WWW-Authenticate")).isEqualTo("Bearer error=\"invalid_token\"");
        HttpResponse<String> two =
                app().get("/v1/chat", "Authorization", "Bearer " + KEY, "Authorization", "Bearer " + KEY);
        assertThat(two.statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void guessesAreLimitedByNetworkAndGoodKeysAreNot(boolean isLate) throws Exception {
        start(builder -> builder.limitRefusedKeys(BAD_KEYS));
        limiter.isLate = isLate;
        assertThat(guess("1").statusCode()).isEqualTo(401);
        assertThat(guess("2").statusCode()).isEqualTo(401);
        HttpResponse<String> third = guess("3");
        assertThat(third.statusCode()).isEqualTo(429);
        assertThat(field(third, "Retry-After")).isEqualTo("60");
        limiter.isLate = false;
        assertThat(get("/v1/chat").statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> guess(String key) throws Exception {
        var response = WebApp.CLIENT.sendAsync(
                app().request("/v1/chat")
                        .header("Authorization", "Bearer " + key)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (limiter.isLate) {
            requireNonNull(limiter.late.poll(AT_MOST.toSeconds(), TimeUnit.SECONDS))
                    .run();
        }
        return response.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void headCountsAsGetAndHasNoBody() throws Exception {
        start(builder -> {});
        HttpResponse<String> head = app().send(app().request("/v1/chat")
                .header("Authorization", "Bearer " + KEY)
                .method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(used("chat")).isEqualTo(1);
        HttpResponse<String> refused = app().send(app().request("/v1/chat").method("HEAD", BodyPublishers.noBody()));
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).isEmpty();
    }

    @Test
    void aPreflightNeedsNoKey() throws Exception {
        start(builder -> builder.endpoint("*", "/**", "all"));
        String answer = raw("OPTIONS /v1/chat", "Origin: http://a", "Access-Control-Request-Method: POST");
        assertThat(answer).doesNotContain(" 401 ").doesNotContain("RateLimit");
        assertThat(raw("OPTIONS /v1/chat")).startsWith("HTTP/1.1 401 ");
    }

    @Test
    void unmatchedRequestsPassOrAreRefused() throws Exception {
        start(builder -> {});
        assertThat(app().get("/open").body()).isEqualTo("admitted true");
        start(builder -> builder.refuseUnmatched().exempt(call -> call.path().equals("/open")));
        assertThat(app().get("/open").statusCode()).isEqualTo(200);
        HttpResponse<String> other = app().get("/other");
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(other.body()).contains("There is no endpoint \\\"/other\\\"");
    }

    @ParameterizedTest
    @CsvSource({"/v1/ch%61t, 401", "/v1/chat;a=b, 401", "/v1/chat%2F, 401", "/v1/a%2Fb, 401", "/v1/%2e%2e%2fopen, 401"})
    void noSpellingOfAPathIsHandledUnlimited(String path, int status) throws Exception {
        start(builder -> {});
        assertThat(raw("GET " + path)).startsWith("HTTP/1.1 " + status);
    }

    @Test
    void aSlashInASegmentDoesNotEndIt() throws Exception {
        start(builder -> builder.endpoint("GET", "/v2/{endpoint}", "{endpoint}").refuseUnmatched());
        HttpResponse<String> response = app().get("/v2/a%2Fb", "Authorization", "Bearer " + KEY);
        assertThat(response.body()).doesNotContain("no endpoint");
    }

    @Test
    void fieldsAreExposedToOtherOrigins() throws Exception {
        start(builder -> builder.exposeFields());
        HttpResponse<String> response =
                app().get("/v1/chat", "Authorization", "Bearer " + KEY, "Origin", "http://example.org");
        assertThat(field(response, "Access-Control-Expose-Headers")).isEqualTo("RateLimit-Policy, RateLimit");
    }

    @ParameterizedTest
    @CsvSource({"true, true, 200", "true, false, 503", "false, true, 200", "false, false, 503"})
    void aLimiterThatFailsTakesNoServiceDown(boolean atOnce, boolean failsOpen, int status) throws Exception {
        start(builder -> {
            if (failsOpen) {
                builder.failOpen();
            } else {
                builder.failClosed();
            }
        });
        limiter.failsAtOnce = atOnce;
        limiter.failsLater = !atOnce;
        assertThat(get("/v1/chat").statusCode()).isEqualTo(status);
    }

    @Test
    void aDirectoryThatFailsIsAnsweredWith503() throws Exception {
        start(builder -> builder.caller(call -> {
            throw new IllegalStateException("as planned");
        }));
        assertThat(get("/v1/chat").statusCode()).isEqualTo(503);
    }

    @Test
    void theHandlerSettlesWhatItWants() throws Exception {
        start(builder -> {});
        assertThat(get("/v1/settles").body()).isEqualTo("settled true");
        awaitUsed("stream", 42);
    }

    @Test
    void theEstimateIsPaidIfNothingElseIsKnown() throws Exception {
        start(builder -> {});
        assertThat(get("/v1/word").body()).isEqualTo("word");
        awaitUsed("stream", 30);
    }

    @Test
    void whatAFunctionKnowsIsPaid() throws Exception {
        start(builder -> builder.actual((call, response) -> Optional.of(Usage.of(Unit.TOKENS, 5))));
        assertThat(get("/v1/word").statusCode()).isEqualTo(200);
        awaitUsed("stream", 5);
    }

    @ParameterizedTest
    @CsvSource({"/v1/throws, 500, 0", "/v1/status/503, 503, 0", "/v1/status/404, 404, 30"})
    void aStatusMayMakeACallFree(String path, int status, long used) throws Exception {
        start(builder -> builder.cancelOn(answered -> answered >= 500));
        HttpResponse<String> response = get(path);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(field(response, "RateLimit")).contains("r=70");
        awaitUsed("stream", used);
    }

    @Test
    void aStreamThatFailsBehindItsFirstByteIsPaid() throws Exception {
        start(builder -> builder.cancelOn(answered -> answered >= 500));
        raw("GET /v1/fails", "Authorization: Bearer " + KEY);
        awaitUsed("stream", 30);
    }

    @Test
    void aClientThatHangsUpPaysForThePieces() throws Exception {
        start(builder -> builder.cancelOn(answered -> answered >= 500));
        try (Socket socket = app().connect()) {
            write(socket, "GET /v1/stream", "Authorization: Bearer " + KEY);
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThat(used("stream")).isEqualTo(30);
        }
        awaitUsed("stream", 7);
    }

    @Test
    void aClientThatHangsUpBeforeTheFirstBytePays() throws Exception {
        start(builder -> builder.actual((call, response) -> Optional.of(Usage.of(Unit.TOKENS, 5)))
                .cancelOn(answered -> answered >= 500));
        try (Socket socket = app().connect()) {
            write(socket, "GET /v1/never", "Authorization: Bearer " + KEY);
            assertThat(ENTERED.poll(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isEqualTo("never");
            assertThat(used("stream")).isEqualTo(30);
        }
        awaitUsed("stream", 5);
    }

    @Test
    void aReservationThatComesAfterItsClientHasLeftIsCancelled() throws Exception {
        start(builder -> {});
        limiter.isLate = true;
        Runnable answer;
        try (Socket socket = app().connect()) {
            write(socket, "GET /v1/stream", "Authorization: Bearer " + KEY);
            answer = limiter.late.poll(AT_MOST.toSeconds(), TimeUnit.SECONDS);
            assertThat(answer).isNotNull();
            assertThat(used("stream")).isEqualTo(30);
        }
        // Netty has seen the end of the connection when it serves the next one of the same loop, or soon after.
        TimeUnit.MILLISECONDS.sleep(300);
        answer.run();
        awaitUsed("stream", 0);
        assertThat(ENTERED).isEmpty();
    }

    @Test
    void aLateAnswerIsServedOnAThreadThatReadsNoAnswers() throws Exception {
        start(builder -> {});
        limiter.isLate = true;
        var response = WebApp.CLIENT.sendAsync(
                app().request("/v1/chat")
                        .header("Authorization", "Bearer " + KEY)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        Runnable answer = limiter.late.poll(AT_MOST.toSeconds(), TimeUnit.SECONDS);
        assertThat(answer).isNotNull();
        answer.run();
        assertThat(response.get(AT_MOST.toSeconds(), TimeUnit.SECONDS).body()).isEqualTo("chat");
    }

    private static void write(Socket socket, String call, String... fields) throws Exception {
        String request =
                call + " HTTP/1.1\nHost: x\n" + String.join("\n", fields) + (fields.length > 0 ? "\n\n" : "\n");
        OutputStream out = socket.getOutputStream();
        out.write(request.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private String raw(String call, String... fields) throws Exception {
        String[] all = Arrays.copyOf(fields, fields.length + 1);
        all[fields.length] = "Connection: close";
        try (Socket socket = app().connect()) {
            write(socket, call, all);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
