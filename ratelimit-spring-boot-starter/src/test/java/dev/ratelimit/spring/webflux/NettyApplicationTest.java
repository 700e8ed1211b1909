package dev.ratelimit.spring.webflux;

import static dev.ratelimit.spring.WebApp.field;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.WebApp;
import dev.ratelimit.testkit.ManualTime;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An application of WebFlux that its properties limit, by real HTTP on Netty. */
class NettyApplicationTest {

    private static final int CLIENTS = 64;

    private static WebApp app;
    private static ManualTime time;

    @RestController
    static class Api {

        @GetMapping("/v1/{endpoint}")
        Mono<String> call(@PathVariable String endpoint, ServerWebExchange exchange) {
            return Mono.just(endpoint + " of "
                    + ReactiveRateLimits.caller(exchange)
                            .map(caller -> caller.organization() + caller.members())
                            .orElse("nobody"));
        }

        @GetMapping(path = "/v1/large", produces = "text/plain")
        Flux<String> large() {
            return Flux.range(0, 4_000).map(i -> "word ".repeat(1_000));
        }

        @GetMapping("/open")
        String open() {
            return "open";
        }
    }

    @BeforeAll
    static void start() {
        time = new ManualTime();
        app = WebApp.start(
                WebApp.Stack.NETTY,
                context -> context.registerBean(TimeSource.class, () -> time),
                Api.class,
                "ratelimit.tiers[0].name=trial",
                "ratelimit.tiers[0].tables[0].name=calls per minute",
                "ratelimit.tiers[0].tables[0].rows[0].each[0]=chat",
                "ratelimit.tiers[0].tables[0].rows[0].limit=3 calls per minute",
                "ratelimit.tiers[0].tables[0].rows[1].each[0]=race",
                "ratelimit.tiers[0].tables[0].rows[1].limit=50 calls per minute",
                "ratelimit.tiers[0].tables[0].rows[2].each[0]=large",
                "ratelimit.tiers[0].tables[0].rows[2].limit=5 calls in flight for 1 hour",
                "ratelimit.tiers[0].members[0].kind=user",
                "ratelimit.tiers[0].members[0].tier=user",
                "ratelimit.tiers[1].name=user",
                "ratelimit.tiers[1].tables[0].name=calls per minute",
                "ratelimit.tiers[1].tables[0].rows[0].each[0]=chat",
                "ratelimit.tiers[1].tables[0].rows[0].limit=1 calls per minute",
                "ratelimit.api-keys.header=X-API-Key",
                "ratelimit.api-keys.realm=tests",
                "ratelimit.api-keys.failed-keys=100 calls per minute",
                "ratelimit.api-keys.demo-keys[0].key=acme-key",
                "ratelimit.api-keys.demo-keys[0].organization=acme",
                "ratelimit.api-keys.demo-keys[0].tier=trial",
                "ratelimit.members[0].kind=user",
                "ratelimit.members[0].header=X-User",
                "ratelimit.paths[0].path=/v1/{endpoint}",
                "ratelimit.paths[0].endpoint={endpoint}",
                "ratelimit.paths[1].path=/actuator/**",
                "ratelimit.paths[1].endpoint=actuator",
                "ratelimit.headers[0]=ietf",
                "ratelimit.headers[1]=x-ratelimit");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void theParametersOfTheApplicationLimitIt() throws Exception {
        time.advance(Duration.ofMinutes(2));
        HttpResponse<String> first = app.get("/v1/chat", "X-API-Key", "acme-key", "X-User", "u7");
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body()).isEqualTo("chat of acme[user \"u7\"]");
        assertThat(field(first, "RateLimit"))
                .isEqualTo("\"/user/calls per minute/chat\";r=0;t=60, \"calls per minute/chat\";r=2;t=60");
        assertThat(field(first, "X-RateLimit-Remaining")).isEqualTo("0");
        assertThat(app.get("/v1/chat", "X-API-Key", "acme-key", "X-User", "u7").statusCode())
                .isEqualTo(429);
        assertThat(app.get("/v1/chat", "X-API-Key", "acme-key", "X-User", "u8").statusCode())
                .isEqualTo(200);
        HttpResponse<String> none = app.get("/v1/chat");
        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(field(none, "WWW-Authenticate")).isEqualTo("ApiKey realm=\"tests\"");
    }

    @Test
    void theActuatorIsNeverLimited() throws Exception {
        HttpResponse<String> response = app.get("/actuator/health");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(field(response, "RateLimit")).isEqualTo("none");
        assertThat(app.get("/open").body()).isEqualTo("open");
    }

    @Test
    void manyClientsGetExactlyTheAmount() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            for (int client = 0; client < CLIENTS; client++) {
                answers.add(WebApp.CLIENT.sendAsync(
                        app.request("/v1/race", "X-API-Key", "acme-key").build(), BodyHandlers.ofString()));
            }
        }
        int admitted = 0;
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            int status = answer.get(30, TimeUnit.SECONDS).statusCode();
            assertThat(status).isIn(200, 429);
            admitted += status == 200 ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(50);
    }

    @Test
    void aSlowClientHoldsItsPlaceUntilItHasItsAnswer() throws Exception {
        RateLimiter limiter = app.context().getBean(RateLimiter.class);
        try (Socket slow = app.connect()) {
            slow.getOutputStream()
                    .write("GET /v1/large HTTP/1.1\nHost: x\nX-API-Key: acme-key\nConnection: close\n\n"
                            .replace("\n", "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = slow.getInputStream();
            assertThat(in.readNBytes(100)).hasSize(100);
            assertThat(inFlight(limiter)).isEqualTo(1);
            assertThat(in.readAllBytes().length).isGreaterThan(19_000_000);
        }
        WebApp.until("nothing in flight", () -> inFlight(limiter) == 0);
    }

    @Test
    void aClientThatLeavesInTheMiddleHoldsNothing() throws Exception {
        RateLimiter limiter = app.context().getBean(RateLimiter.class);
        try (Socket leaving = app.connect()) {
            leaving.getOutputStream()
                    .write("GET /v1/large HTTP/1.1\nHost: x\nX-API-Key: acme-key\n\n"
                            .replace("\n", "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(leaving.getInputStream().readNBytes(100)).hasSize(100);
            assertThat(inFlight(limiter)).isEqualTo(1);
        }
        WebApp.until("nothing in flight", () -> inFlight(limiter) == 0);
    }

    private static long inFlight(RateLimiter limiter) {
        var key = app.context().getBean(KeyDirectory.class).resolve("acme-key");
        return limiter.status(key, "large").get(0).used();
    }
}
