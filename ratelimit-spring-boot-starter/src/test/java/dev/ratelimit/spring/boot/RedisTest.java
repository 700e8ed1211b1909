package dev.ratelimit.spring.boot;

import static dev.ratelimit.spring.boot.TestService.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Two instances of an application on one Redis, which goes away and comes back. */
@Timeout(180)
@ExtendWith(OutputCaptureExtension.class)
class RedisTest {

    /** A client that does not wait longer and longer before it connects again. */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.class)
    static class Impatient {

        @Bean(destroyMethod = "shutdown")
        ClientResources resources() {
            return ClientResources.builder()
                    .reconnectDelay(Delay.constant(Duration.ofMillis(50)))
                    .build();
        }
    }

    private static TestService start(RedisProcess redis, String... properties) {
        String[] all = {
            "ratelimit.tiers[0].name=trial",
            "ratelimit.tiers[0].tables[0].name=calls per hour",
            "ratelimit.tiers[0].tables[0].rows[0].all=together",
            "ratelimit.tiers[0].tables[0].rows[0].limit=8 calls per hour",
            "ratelimit.api-keys.demo-keys[0].key=demo",
            "ratelimit.api-keys.demo-keys[0].organization=acme",
            "ratelimit.api-keys.demo-keys[0].tier=trial",
            "ratelimit.paths[0].path=/v1/{endpoint}",
            "ratelimit.paths[0].endpoint={endpoint}",
            "ratelimit.backend=redis",
            "ratelimit.redis.timeout=1s",
            "ratelimit.redis.probe-every=50ms",
            "spring.data.redis.url=redis://127.0.0.1:" + redis.port() + "/2",
            "management.endpoints.web.exposure.include=prometheus",
        };
        return TestService.start(
                Impatient.class, Stream.of(all, properties).flatMap(Stream::of).toArray(String[]::new));
    }

    private static String remaining(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("RateLimit").orElse("").replaceAll(".*;r=([0-9]+).*", "$1");
    }

    @Test
    void instancesShareTheirCountsAndEachGoesOnWithAShareWhileRedisIsAway(CapturedOutput output) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestService one =
                        start(redis, "ratelimit.redis.outage=fallback", "ratelimit.redis.fallback-share=0.25");
                TestService two = start(redis, "ratelimit.redis.outage=fail-closed")) {
            assertThat(remaining(one.call("/v1/chat", "demo"))).isEqualTo("7");
            assertThat(remaining(two.call("/v1/other", "demo"))).isEqualTo("6");
            assertThat(redis.keys(2)).as("keys in the database of the URL").isPositive();
            assertThat(output).doesNotContain("WARN", "ERROR");
            assertThat(one.send("GET", "/actuator/prometheus").body())
                    .containsPattern("ratelimit_backend_latency_seconds_count\\{[^}]*operation=\"charge\"[^}]*} [1-9]")
                    .containsPattern("ratelimit_reservations_open\\{tier=\"trial\",?} 0");

            redis.stop();
            until(
                    "one decides by itself",
                    () -> one.call("/v1/chat", "demo")
                            .headers()
                            .firstValue("RateLimit-Policy")
                            .orElse("")
                            .contains(";q=2"));
            until("its share is used up", () -> one.call("/v1/chat", "demo").statusCode() == 429);
            until("the other refuses", () -> two.call("/v1/chat", "demo").statusCode() == 503);
            until(
                    "one tells so",
                    () -> one.send("GET", "/actuator/prometheus").body().contains("ratelimit_backend_available 0.0"));

            redis.restart();
            // One after the other: one that is back would use the limit up while the other is not.
            until("one is back", () -> one.call("/v1/chat", "demo").statusCode() == 200);
            until("the other is back", () -> two.call("/v1/chat", "demo").statusCode() == 200);
            assertThat(one.send("GET", "/actuator/prometheus").body()).contains("ratelimit_backend_available 1.0");
            assertThat(output).doesNotContain("ERROR");
        }
    }

    @Test
    void anApplicationStartsWithoutRedisAndStopsWithoutAWord(CapturedOutput output) throws Exception {
        try (RedisProcess redis = RedisProcess.start()) {
            redis.stop();
            try (TestService service = start(redis, "ratelimit.redis.outage=fail-open")) {
                assertThat(service.call("/v1/chat", "demo").statusCode()).isEqualTo(200);
                redis.restart();
                RedisRateLimiter limiter = service.context.getBean(RedisRateLimiter.class);
                until("Redis decides", () -> limiter.stats().openCircuits() == 0);
                assertThat(remaining(service.call("/v1/chat", "demo"))).isEqualTo("7");
            }
            assertThat(output).doesNotContain("Connection is already closed", "ERROR");
        }
    }
}
