package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.config.TierFile;
import dev.ratelimit.tiers.GoingLiveEdition;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Drives the service by HTTP, in this process. */
@Timeout(120)
class ExampleApplicationTest {

    private final HttpClient client = HttpClient.newHttpClient();

    private HttpResponse<String> send(String method, String uri, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri)).method(method, BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void theServiceIsLimitedByItsConfiguration() throws Exception {
        try (ConfigurableApplicationContext service =
                SpringApplication.run(ExampleApplication.class, "--server.port=0")) {
            String base = "http://127.0.0.1:" + service.getEnvironment().getRequiredProperty("local.server.port");

            for (int i = 1; i <= 10; i++) {
                HttpResponse<String> answer = send("POST", base + "/v1/chat", "Authorization", "Bearer trial-demo");
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo("{\"endpoint\":\"chat\"}");
                assertThat(answer.headers().firstValue("RateLimit-Policy"))
                        .hasValue("\"calls per minute/chat\";q=10;w=60, \"calls per month/[chat and coral]\";q=5000");
                assertThat(answer.headers().firstValue("RateLimit").orElse(""))
                        .startsWith("\"calls per minute/chat\";r=" + (10 - i) + ";");
                assertThat(answer.headers().firstValue("X-RateLimit-Limit")).hasValue("10");
            }
            HttpResponse<String> no = send("POST", base + "/v1/chat", "Authorization", "Bearer trial-demo");
            assertThat(no.statusCode()).isEqualTo(429);
            assertThat(no.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 60L);
            assertThat(no.body()).contains("\"violated-policies\":[\"calls per minute/chat\"]");

            assertThat(send("POST", base + "/v1/chat", "Authorization", "Bearer production-demo")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(send("POST", base + "/v1/chat", "Authorization", "Bearer revoked-demo")
                            .statusCode())
                    .isEqualTo(401);
            assertThat(send("POST", base + "/v1/chat").statusCode()).isEqualTo(401);
            assertThat(send("GET", base + "/actuator/health").statusCode()).isEqualTo(200);
            assertThat(send("GET", base + "/actuator/ratelimits/demo").body()).contains("chat and coral");
            assertThat(send("GET", base + "/ratelimits").statusCode()).isEqualTo(200);
            assertThat(send("GET", base + "/actuator/prometheus").body())
                    .contains("ratelimit_decisions_total{outcome=\"admitted\",tier=\"trial\"} 10.0");
        }
    }

    @Test
    void theTiersAreThoseOfGoingLive() throws IOException {
        try (InputStream file = ExampleApplication.class.getResourceAsStream("/tiers.yaml")) {
            assertThat(TierFile.parse(file.readAllBytes(), "tiers.yaml").tiers().values())
                    .containsExactlyElementsOf(List.of(GoingLiveEdition.trial(), GoingLiveEdition.production()));
        }
    }
}
