package dev.ratelimit.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The samples, on the server and the client of the JDK. */
class HttpServerTest {

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(2), "chat"))
            .table(LimitTable.named("calls per month").otherEndpointsTogether("all", Quota.perMonth(1_000)))
            .build();

    private final ManualTime time = new ManualTime();
    private final RateLimiter limiter = new ReferenceRateLimiter(organization -> TRIAL, time);

    // sample: docs/guide/http.md
    private final RateLimitFields fields = RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT);
    private final HttpProblems problems = HttpProblems.standard();

    void chat(HttpExchange exchange) throws IOException {
        Decision decision = limiter.reporting().tryAcquire("acme", "chat");
        fields.write(decision, exchange.getResponseHeaders()::set);
        if (decision instanceof Rejected no) {
            HttpProblem problem = problems.of(no);
            problem.write(exchange.getResponseHeaders()::set);
            answer(exchange, problem.status(), problem.body());
        } else {
            answer(exchange, 200, "Hello".getBytes(UTF_8));
        }
    }

    static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
    // end of sample

    /** Of the one thread of the server. */
    private final List<Integer> answered = new ArrayList<>();

    private HttpServer server;
    private HttpRequest request;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/chat", exchange -> {
            chat(exchange);
            answered.add(exchange.getResponseCode());
        });
        server.createContext(
                "/answered",
                exchange -> answer(exchange, 200, answered.toString().getBytes(UTF_8)));
        server.start();
        request = requestOf("/chat");
    }

    private HttpRequest requestOf(String path) {
        int port = server.getAddress().getPort();
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void aServerTellsWhereItsCallersStand() throws Exception {
        HttpResponse<String> first = client.send(request, BodyHandlers.ofString());
        client.send(request, BodyHandlers.ofString());
        HttpResponse<String> refused = client.send(request, BodyHandlers.ofString());

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body()).isEqualTo("Hello");
        assertThat(first.headers().firstValue("RateLimit-Policy"))
                .contains("\"calls per minute/chat\";q=2;w=60, \"calls per month/[all]\";q=1000");
        assertThat(first.headers().firstValue("RateLimit"))
                .contains("\"calls per minute/chat\";r=1;t=60, \"calls per month/[all]\";r=999;t=2678400");
        assertThat(first.headers().firstValue("X-RateLimit-Remaining")).contains("1");
        assertThat(first.headers().firstValue("Retry-After")).isEmpty();
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("60");
        assertThat(refused.headers().firstValue("Content-Type")).contains(HttpProblem.CONTENT_TYPE);
        assertThat(refused.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(Json.read(refused.body().getBytes(UTF_8)))
                .containsEntry("status", 429L)
                .containsEntry("violated-policies", List.of("calls per minute/chat"));
        time.advance(Duration.ofSeconds(60));
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }

    /** The client's own limits are wider than the server's, whose answers it obeys. */
    @Test
    void aClientThatObservesIsNeverRefused() throws Exception {
        Tier documented = Tier.named("documented")
                .table(LimitTable.named("calls").each(RateLimit.perMinute(100), "chat"))
                .build();
        RateLimiter limiter = new ReferenceRateLimiter(organization -> documented, time);

        // sample: dev/ratelimit/http/OutgoingLimiter.java
        OutgoingLimiter vendor = OutgoingLimiter.of(limiter).withMargin(Duration.ofMillis(500));

        Decision decision = vendor.waiting(Duration.ofMinutes(1)).acquire("our account", "chat");
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        vendor.observe(
                "our account", "chat", answer.statusCode(), answer.headers().map());
        // end of sample

        assertThat(decision.isAdmitted()).isTrue();
        assertThat(answer.statusCode()).isEqualTo(200);
        for (int i = 0; i < 9; i++) {
            // sample: docs/guide/http.md
            if (vendor.waiting(Duration.ofMinutes(5))
                    .acquire("our account", "chat")
                    .isAdmitted()) {
                HttpResponse<String> next = client.send(request, BodyHandlers.ofString());
                vendor.observe(
                        "our account", "chat", next.statusCode(), next.headers().map());
            }
            // end of sample
        }
        assertThat(client.send(requestOf("/answered"), BodyHandlers.ofString()).body())
                .isEqualTo(Collections.nCopies(10, 200).toString());
    }

    @Test
    void aMapTakesTheFieldsToo() {
        Map<String, String> response = new HashMap<>();
        RateLimiter limiter = this.limiter;

        // sample: dev/ratelimit/http/RateLimitFields.java
        RateLimitFields fields = RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT);

        Decision decision = limiter.reporting().tryAcquire("acme", "chat");
        fields.write(decision, response::put);
        // end of sample

        assertThat(response).hasSize(5);
    }

    @Test
    void aProblemIsSentWithItsFields() {
        Map<String, String> response = new HashMap<>();
        Tier none = TRIAL.withLimits(limit -> limit.withAmount(0));
        RateLimiter limiter = new ReferenceRateLimiter(organization -> none, time).reporting();

        // sample: dev/ratelimit/http/HttpProblems.java
        HttpProblems problems = HttpProblems.standard();

        if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
            HttpProblem problem = problems.of(no);
            problem.write(response::put);
            send(problem.status(), problem.body());
        }
        // end of sample

        assertThat(response).hasSize(2);
        assertThat(sentStatus).isEqualTo(429);
    }

    private int sentStatus;

    private void send(int status, byte[] body) {
        assertThat(body).isNotEmpty();
        sentStatus = status;
    }
}
