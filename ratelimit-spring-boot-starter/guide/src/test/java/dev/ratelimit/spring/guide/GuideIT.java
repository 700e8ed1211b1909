package dev.ratelimit.spring.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The projects, as Maven has built them, do what the guide says. */
@Timeout(300)
class GuideIT {

    private final HttpClient client = HttpClient.newHttpClient();

    @ParameterizedTest
    @EnumSource
    void aProjectWithTheTextOfTheGuideDoesWhatTheGuideSays(BootProject project) throws Exception {
        Guide guide = Guide.read();
        String version = "(v" + project.bootVersion() + ")";
        String[] key = guide.header().split(": ", 2);
        try (Service service = Service.start(project.jar())) {
            HttpRequest keyless = HttpRequest.newBuilder()
                    .uri(URI.create("http://127.0.0.1:" + service.port() + guide.path()))
                    .method(guide.method(), HttpRequest.BodyPublishers.noBody())
                    .timeout(Duration.ofSeconds(30))
                    .build();
            HttpRequest keyed = HttpRequest.newBuilder(keyless, (name, value) -> true)
                    .header(key[0], key[1])
                    .build();

            HttpResponse<String> first = send(keyed);
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.body()).isEqualTo("Hello");
            assertThat(first.headers().allValues("RateLimit")).containsExactly(guide.rateLimit());

            for (int call = 2; call <= 20; call++) {
                assertThat(send(keyed).statusCode()).isEqualTo(200);
            }
            HttpResponse<String> refused = send(keyed);
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.headers().firstValue("Retry-After"))
                    .hasValueSatisfying(
                            after -> assertThat(Integer.parseInt(after)).isBetween(1, 60));
            assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(refused.body()).contains("\"status\":429", "calls per minute/chat");

            assertThat(send(keyless).statusCode()).isEqualTo(401);
            assertThat(service.log())
                    .anyMatch(line -> line.contains(" INFO "))
                    .anyMatch(line -> line.contains(version))
                    .noneMatch(line -> line.contains(" WARN ") || line.contains(" ERROR "));
        }
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
