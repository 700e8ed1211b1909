package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.http.Dialect;
import dev.ratelimit.http.RateLimitFields;
import dev.ratelimit.servlet.TestServer.Kind;
import dev.ratelimit.testkit.ManualTime;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.security.Principal;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The samples of the guide and of the javadoc. */
@SuppressWarnings("serial") // of a sample that shows no more than it must
class GuideTest {

    // sample: docs/guide/servlet.md
    static class Chat extends HttpServlet {

        static final Tier TRIAL =
                Tier.named("trial").limits("chat", RateLimit.perMinute(20)).build();

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().println("Hello");
        }

        static Server start(int port) throws Exception {
            RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();
            RateLimitFilter filter = RateLimitFilter.builder(limiter)
                    .organization(request -> Optional.ofNullable(request.getHeader("X-Organization")))
                    .endpoint("GET", "/chat", "chat")
                    .build();

            ServletContextHandler context = new ServletContextHandler();
            context.addFilter(new FilterHolder(filter), "/*", EnumSet.allOf(DispatcherType.class));
            context.addServlet(new ServletHolder(new Chat()), "/chat");
            Server server = new Server(port);
            server.setHandler(context);
            server.start();
            return server;
        }

        public static void main(String[] args) throws Exception {
            start(8080).join();
        }
    }
    // end of sample

    @Test
    void theShortestServiceLimitsItsCallers() throws Exception {
        Server server = Chat.start(0);
        try {
            int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
            URI chat = URI.create("http://127.0.0.1:" + port + "/chat");
            HttpResponse<String> answer = Web.get(chat, "X-Organization", "acme");
            assertThat(answer.body()).isEqualTo("Hello\n");
            assertThat(Web.field(answer, "RateLimit")).contains(";r=19;");
            assertThat(Web.get(chat).statusCode()).isEqualTo(401);
        } finally {
            server.stop();
        }
    }

    private static final Tier TIER = Tier.named("tier")
            .limits("chat", RateLimit.perMinute(20), RateLimit.perMinute(Unit.TOKENS, 1_000))
            .build();

    private final Ends ends = new Ends();
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(TIER)
            .timeSource(new ManualTime())
            .listener(ends)
            .build();
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(TIER)
            .production(TIER.withAccount("production"))
            .build();

    /** What the samples answer by. */
    private record Model(List<String> words) {

        List<String> answer(String prompt) {
            return prompt == null ? List.of() : words;
        }
    }

    private final Model model = new Model(List.of("Hello", "there"));

    @ParameterizedTest
    @EnumSource
    void aFilterIsBuiltFromKeysAndEndpoints(Kind kind) throws Exception {
        // sample: dev/ratelimit/servlet/RateLimitFilter.java
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .keys(keys)
                .endpoint("POST", "/v1/chat", "chat")
                .endpoint("*", "/v1/models/**", "models")
                .build();
        // end of sample

        keys.register(KeyDigest.of("key"), "acme", KeyKind.TRIAL);
        try (TestServer server = kind.start(List.of(filter), Map.of("/v1/*", Handler.hello()))) {
            String[] key = {"Authorization", "Bearer key"};
            HttpResponse<String> chat = Web.call("POST", server.uri("/v1/chat"), key);
            assertThat(chat.statusCode()).isEqualTo(200);
            assertThat(Web.field(chat, "RateLimit")).contains(";r=19;");
            assertThat(Web.call("DELETE", server.uri("/v1/models/small")).statusCode())
                    .isEqualTo(401);
            assertThat(Web.get(server.uri("/v1/health")).statusCode()).isEqualTo(200);
        }
    }

    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String prompt = request.getParameter("prompt");
        PrintWriter out = response.getWriter();

        // sample: dev/ratelimit/servlet/RateLimits.java
        Reservation reservation = RateLimits.reservation(request);
        for (String word : model.answer(prompt)) {
            if (reservation.use(Usage.of(Unit.TOKENS, 1)) instanceof Rejected) {
                break; // the quota ran out in the middle
            }
            out.println(word);
        }
        // end of sample
    }

    void stream(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // sample: docs/guide/servlet.md
        Reservation reservation = RateLimits.reservation(request);
        PrintWriter out = response.getWriter();
        for (String word : model.answer(request.getParameter("prompt"))) {
            if (reservation.use(Usage.of(Unit.TOKENS, 1)) instanceof Rejected) {
                out.println("[the quota ran out]");
                break;
            }
            out.println(word);
            out.flush();
        }
        // end of sample
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerUsesPieces(Kind kind) throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .organization(request -> Optional.of("acme"))
                // sample: docs/guide/servlet.md
                .endpoint("POST", "/v1/{endpoint}", "{endpoint}")
                .estimate(request -> Usage.of(Unit.TOKENS, Math.max(0, request.getContentLengthLong()) / 4))
                // end of sample
                .build();
        try (TestServer server = kind.start(
                List.of(filter),
                Map.of("/v1/chat", Handler.of(this::answer), "/v1/stream", Handler.of(this::stream)))) {
            assertThat(Web.call("POST", server.uri("/v1/chat?prompt=a")).body()).isEqualTo("Hello\nthere\n");
            assertThat(ends.next()).isEqualTo("settled for 2 tokens");
            assertThat(Web.call("POST", server.uri("/v1/stream?prompt=a")).body())
                    .isEqualTo("Hello\nthere\n");
            assertThat(ends.next()).isEqualTo("settled for 2 tokens");
        }
    }

    @ParameterizedTest
    @EnumSource
    void thereAreManySettings(Kind kind) throws Exception {
        Tier refusedKeys = Tier.named("refused keys")
                .table(LimitTable.named("refused keys").everyEndpoint(RateLimit.perHour(100)))
                .build();
        RateLimitFilterBuilder builder = RateLimitFilter.builder(limiter);
        // sample: docs/guide/servlet.md
        builder.organization(request ->
                        Optional.ofNullable(request.getUserPrincipal()).map(Principal::getName))
                .endpoint("*", "/v1/models/**", "models")
                .endpoint("POST", "/v1/{endpoint}", "{endpoint}")
                .refuseUnmatched() // 404 for all other paths
                .estimate(request -> Usage.of(Unit.TOKENS, 500))
                .actual((request, response) -> Optional.ofNullable((Long) request.getAttribute("tokens"))
                        .map(n -> Usage.of(Unit.TOKENS, n)))
                .cancelOn(status -> status >= 500) // calls that we failed to answer are free
                .limitRefusedKeys(refusedKeys)
                .fields(RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT))
                .exposeFields() // to scripts of other origins
                .failClosed(); // 503 if the limiter throws
        // end of sample

        HttpServlet handler = Handler.of((request, response) -> request.setAttribute("tokens", 42L));
        try (TestServer server = kind.start(List.of(Principals.FILTER, builder.build()), Map.of("/", handler))) {
            HttpResponse<String> answer = Web.call("POST", server.uri("/v1/chat"), Principals.FIELD, "acme");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(Web.field(answer, "X-RateLimit-Remaining")).isEqualTo("500");
            assertThat(ends.next()).isEqualTo("settled for 42 tokens");
            assertThat(Web.call("POST", server.uri("/v1/chat")).statusCode()).isEqualTo(401);
            assertThat(Web.get(server.uri("/other"), Principals.FIELD, "acme").statusCode())
                    .isEqualTo(404);
        }
    }
}
