package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spring.WebApp;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** WebFlux with counts on a real Redis, which goes away. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class RedisOnNettyTest {

    private static final String[] PROPERTIES = {
        "ratelimit.backend=redis",
        "ratelimit.redis.timeout=1s",
        "ratelimit.tiers[0].name=trial",
        "ratelimit.tiers[0].tables[0].name=calls per hour",
        "ratelimit.tiers[0].tables[0].rows[0].all=together",
        "ratelimit.tiers[0].tables[0].rows[0].limit=2 calls per hour",
        "ratelimit.api-keys.demo-keys[0].key=one",
        "ratelimit.api-keys.demo-keys[0].organization=acme",
        "ratelimit.api-keys.demo-keys[0].tier=trial",
        "ratelimit.paths[0].path=/v1/{endpoint}",
        "ratelimit.paths[0].endpoint={endpoint}",
        "ratelimit.usage-page.enabled=true",
        "management.endpoints.web.exposure.include=health,ratelimits",
        "management.endpoint.health.show-details=always"
    };

    @RestController
    static class Api {

        @GetMapping("/v1/chat")
        Mono<String> chat() {
            return Mono.just(Thread.currentThread().getName());
        }
    }

    private static HttpResponse<String> call(WebApp app) throws Exception {
        return app.get("/v1/chat", "Authorization", "Bearer one");
    }

    private static CompletableFuture<Integer> statusOfCall(WebApp app) {
        return WebApp.CLIENT
                .sendAsync(
                        app.request("/v1/chat", "Authorization", "Bearer one").build(), BodyHandlers.discarding())
                .thenApply(HttpResponse::statusCode);
    }

    @ParameterizedTest
    @CsvSource({"fail-closed, 503, OUT_OF_SERVICE, 503", "fail-open, 200, UP, 200"})
    void healthTellsOfAnOutageWhatItMeans(
            String outage, int status, String health, int healthStatus, CapturedOutput output) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                WebApp app = WebApp.start(
                        WebApp.Stack.NETTY,
                        context -> {},
                        Api.class,
                        Stream.concat(
                                        Stream.of(PROPERTIES),
                                        Stream.of(
                                                "ratelimit.redis.outage=" + outage,
                                                "spring.data.redis.url=redis://127.0.0.1:" + redis.port()))
                                .toArray(String[]::new))) {
            // The handler is on no thread of the client of Redis, be the answer early or late.
            assertThat(call(app).body()).doesNotStartWith("lettuce");
            assertThat(call(app).statusCode()).isEqualTo(200);
            assertThat(call(app).statusCode()).isEqualTo(429);
            assertThat(app.get("/ratelimits/usage", "Authorization", "Bearer one")
                            .body())
                    .contains("\"used\":2");
            assertThat(app.get("/actuator/ratelimits/acme").body()).contains("\"used\":2");
            assertThat(app.get("/actuator/ratelimits").body()).contains("\"open-circuits\":0");
            assertThat(app.get("/actuator/health").body()).contains("\"backend\":\"redis\"");

            redis.stop();
            WebApp.until("Redis is found to be away", () -> {
                // Three at a time: each waits until the time of a decision is over, and three in a row say it is away.
                List<CompletableFuture<Integer>> calls =
                        Stream.generate(() -> statusOfCall(app)).limit(3).toList();
                return calls.stream().allMatch(call -> call.join() == status)
                        && app.get("/actuator/health").body().contains("nodesAway");
            });
            HttpResponse<String> told = app.get("/actuator/health");
            assertThat(told.statusCode()).isEqualTo(healthStatus);
            assertThat(told.body()).contains(health).contains("\"outage\":\"" + outage + '"');
            assertThat(app.get("/actuator/ratelimits/acme").statusCode()).isEqualTo(status);
            assertThat(output).doesNotContain("\tat ");
        }
    }
}
