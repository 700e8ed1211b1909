package dev.ratelimit.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.testkit.ManualTime;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Drives the service by HTTP. */
@Timeout(60)
class StreamingServerTest {

    private static final Pattern USED_TOKENS = Pattern.compile("\"unit\":\"tokens\",[^}]*\"used\":(\\d+)");

    private final ManualTime time = new ManualTime();
    private final HttpClient client = HttpClient.newHttpClient();
    private StreamingServer server;

    @BeforeEach
    void start() throws Exception {
        server = StreamingServer.start(0, time, Duration.ZERO);
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private HttpRequest request(String prompt, int tokens) {
        return HttpRequest.newBuilder(server.uri("/v1/generate?tokens=" + tokens))
                .header("Authorization", "Bearer demo")
                .header("Content-Type", "application/x-www-form-urlencoded") // as curl -d says
                .POST(BodyPublishers.ofString(prompt))
                .build();
    }

    private HttpResponse<String> generate(String prompt, int tokens) throws IOException, InterruptedException {
        return client.send(request(prompt, tokens), BodyHandlers.ofString());
    }

    private static List<String> events(HttpResponse<String> response, String name) {
        return Stream.of(response.body().split("\n\n"))
                .filter(event -> event.startsWith("event: " + name + "\n"))
                .map(event -> event.substring(event.indexOf("data: ") + 6))
                .toList();
    }

    private long usedTokens() throws IOException, InterruptedException {
        HttpRequest usage = HttpRequest.newBuilder(server.uri("/v1/usage"))
                .header("Authorization", "Bearer demo")
                .build();
        HttpResponse<String> response = client.send(usage, BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        Matcher used = USED_TOKENS.matcher(response.body());
        assertThat(used.find()).as(response.body()).isTrue();
        return Long.parseLong(used.group(1));
    }

    /** The estimate of 32 bytes is 8 tokens; 3 of the prompt and 5 of the answer are what it uses. */
    @Test
    void anAnswerIsStreamedAndPaidForByItsTokens() throws Exception {
        HttpResponse<String> response = generate("once upon " + " ".repeat(18) + "time", 5);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
        assertThat(response.headers().firstValue("RateLimit").orElse("")).contains(";r=9;", ";r=192;");
        assertThat(response.headers().firstValue("x-ratelimit-remaining-tokens"))
                .contains("192");
        assertThat(events(response, "token")).containsExactly("once", "upon", "time", "once", "upon");
        assertThat(events(response, "end")).containsExactly("complete");
        awaitUsedTokens(8);
    }

    private void awaitUsedTokens(long tokens) throws Exception {
        while (usedTokens() != tokens) {
            Thread.sleep(5);
        }
    }

    @Test
    void aStreamEndsWithTheQuotaAndComesBackAfterTheWaitThatIsTold() throws Exception {
        HttpResponse<String> first = generate("a story", 500);

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(events(first, "token")).hasSize(198);
        assertThat(events(first, "end")).containsExactly("quota");
        awaitUsedTokens(200);

        HttpResponse<String> refused = generate("a story", 500);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).contains("quota-exceeded", "tokens");
        time.advance(Duration.ofSeconds(
                Long.parseLong(refused.headers().firstValue("Retry-After").orElseThrow())));
        assertThat(events(generate("a story", 2), "end")).containsExactly("complete");
    }

    @Test
    void aCallWithoutAKeyIsRefused() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.uri("/v1/generate"))
                .POST(BodyPublishers.ofString("a story"))
                .build();
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
    }

    @Test
    void aMinuteHasTenCalls() throws Exception {
        for (int status : Collections.nCopies(10, 200)) {
            assertThat(generate("hi", 1).statusCode()).isEqualTo(status);
        }
        assertThat(generate("hi", 1).statusCode()).isEqualTo(429);
    }
}
