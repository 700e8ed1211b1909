package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.servlet.TestServer.Kind;
import dev.ratelimit.testkit.ManualTime;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A request is charged once and settled once, however it is dispatched and however it ends. */
@SuppressWarnings("NullAway.Init") // each test starts a server
class DispatchTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("tokens").everyEndpoint(RateLimit.perMinute(Unit.TOKENS, 100)))
            .build();

    /** In milliseconds. Jetty can lose one that passes while the thread that begins it is held up. */
    private static final long TIMEOUT = 500;

    private static final HttpServlet ERROR_PAGE =
            Handler.of((request, response) -> response.getWriter().print("Sorry: " + request.getDispatcherType()));

    private final Ends ends = new Ends();
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(TIER)
            .timeSource(new ManualTime())
            .listener(ends)
            .build();

    private TestServer server;

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(Kind kind, UnaryOperator<RateLimitFilterBuilder> settings, Map<String, HttpServlet> servlets)
            throws Exception {
        RateLimitFilterBuilder builder = RateLimitFilter.builder(limiter)
                .organization(request -> Optional.of("acme"))
                .endpoint("*", "/chat/**", "chat")
                .endpoint("*", "/error", "error")
                .estimate(request -> Usage.of(Unit.TOKENS, 10));
        server = kind.start(List.of(settings.apply(builder).build()), servlets);
    }

    private long used() {
        return limiter.status("acme", "chat").get(0).used();
    }

    private void assertSettledOnceFor(String usage) throws InterruptedException {
        assertThat(ends.next()).isEqualTo("settled for " + usage);
        assertThat(limiter.status("acme", "error").get(0).used()).isZero();
        assertThat(ends.left()).isZero();
    }

    private static void assertHasFields(HttpResponse<?> response) {
        assertThat(Web.field(response, "RateLimit")).isEqualTo("\"tokens/chat\";r=90;t=60");
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerThatThrowsPaysItsEstimate(Kind kind) throws Exception {
        start(kind, builder -> builder, Map.of("/chat", failing(), TestServer.ERROR_PAGE, ERROR_PAGE));

        HttpResponse<String> response = Web.get(server.uri("/chat"));
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).isEqualTo("Sorry: ERROR");
        assertHasFields(response);
        assertSettledOnceFor("10 tokens");
        assertThat(used()).isEqualTo(10);
    }

    private static HttpServlet failing() {
        return Handler.of((request, response) -> {
            throw new ServletException("as planned");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerThatThrowsIsFreeIfTheHostSaysSo(Kind kind) throws Exception {
        start(
                kind,
                builder -> builder.cancelOn(status -> status >= 500),
                Map.of("/chat", failing(), TestServer.ERROR_PAGE, ERROR_PAGE));

        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(500);
        assertThat(ends.next()).isEqualTo("cancelled");
        assertThat(used()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void anErrorThatIsSentIsFreeIfTheHostSaysSo(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) ->
                response.sendError(Integer.parseInt(request.getPathInfo().substring(1))));
        start(
                kind,
                builder -> builder.cancelOn(status -> status >= 500),
                Map.of("/chat/*", handler, TestServer.ERROR_PAGE, ERROR_PAGE));

        HttpResponse<String> unavailable = Web.get(server.uri("/chat/503"));
        assertThat(unavailable.statusCode()).isEqualTo(503);
        assertThat(unavailable.body()).isEqualTo("Sorry: ERROR");
        assertHasFields(unavailable);
        assertThat(ends.next()).isEqualTo("cancelled");
        assertThat(Web.get(server.uri("/chat/400")).statusCode()).isEqualTo(400);
        assertSettledOnceFor("10 tokens");
    }

    /** What has gone out with 200 stays 200, so it is paid for. */
    @ParameterizedTest
    @EnumSource
    void aHandlerThatThrowsBehindItsFirstByteIsNotFree(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> {
            response.getWriter().print("Hello");
            response.flushBuffer();
            throw new ServletException("as planned");
        });
        start(kind, builder -> builder.cancelOn(status -> status >= 500), Map.of("/chat", handler));

        assertThat(Raw.get(server, "/chat")).startsWith("HTTP/1.1 200 ");
        assertSettledOnceFor("10 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void aResponseThatIsResetHasItsFields(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> {
            response.reset();
            response.getWriter().print("Hello");
        });
        start(kind, builder -> builder, Map.of("/chat", handler));

        assertHasFields(Web.get(server.uri("/chat")));
    }

    @ParameterizedTest
    @EnumSource
    void aForwardIsNoFurtherCall(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) ->
                request.getRequestDispatcher("/chat/second").forward(request, response));
        start(kind, builder -> builder, Map.of("/chat", handler, "/chat/second", Handler.hello()));

        HttpResponse<String> response = Web.get(server.uri("/chat"));
        assertThat(response.body()).isEqualTo("Hello");
        assertHasFields(response);
        assertSettledOnceFor("10 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void aForwardToALimitedPathIsACall(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) ->
                request.getRequestDispatcher("/chat/second").forward(request, response));
        start(kind, builder -> builder, Map.of("/talk", handler, "/chat/second", Handler.hello()));

        HttpResponse<String> response = Web.get(server.uri("/talk"));
        assertThat(response.body()).isEqualTo("Hello");
        assertHasFields(response);
        assertSettledOnceFor("10 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void anAsyncDispatchIsNoFurtherCall(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> {
            if (request.getDispatcherType() != DispatcherType.ASYNC) {
                AsyncContext async = request.startAsync();
                async.start(async::dispatch);
                return;
            }
            RateLimits.reservation(request).use(Usage.of(Unit.TOKENS, 3));
            response.getWriter().print("Hello");
        });
        start(kind, builder -> builder, Map.of("/chat", handler));

        HttpResponse<String> response = Web.get(server.uri("/chat"));
        assertThat(response.body()).isEqualTo("Hello");
        assertHasFields(response);
        assertSettledOnceFor("3 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void aRequestMayBeAsyncSeveralTimes(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> {
            int turn = request.getAttribute("turn") instanceof Integer before ? before + 1 : 1;
            request.setAttribute("turn", turn);
            RateLimits.reservation(request).use(Usage.of(Unit.TOKENS, 3));
            AsyncContext async = request.startAsync();
            async.start(() -> {
                if (turn < 3) {
                    async.dispatch();
                } else {
                    async.complete();
                }
            });
        });
        start(kind, builder -> builder, Map.of("/chat", handler));

        assertHasFields(Web.get(server.uri("/chat")));
        assertSettledOnceFor("9 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void aTimeOutPaysForWhatWasUsed(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> {
            RateLimits.reservation(request).use(Usage.of(Unit.TOKENS, 3));
            request.startAsync().setTimeout(TIMEOUT);
        });
        start(kind, builder -> builder, Map.of("/chat", handler));

        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(500);
        assertSettledOnceFor("3 tokens");
    }

    @ParameterizedTest
    @EnumSource
    void aTimeOutIsFreeIfTheHostSaysSo(Kind kind) throws Exception {
        HttpServlet handler =
                Handler.of((request, response) -> request.startAsync().setTimeout(TIMEOUT));
        start(kind, builder -> builder.cancelOn(status -> status >= 500), Map.of("/chat", handler));

        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(500);
        assertThat(ends.next()).isEqualTo("cancelled");
    }

    /** Tomcat hangs up then, and Jetty waits for the time-out. */
    @ParameterizedTest
    @EnumSource
    void aHandlerThatThrowsWhileItIsAsyncPaysForWhatWasUsed(Kind kind) throws Exception {
        HttpServlet handler = Handler.of((request, response) -> {
            RateLimits.reservation(request).use(Usage.of(Unit.TOKENS, 3));
            request.startAsync().setTimeout(TIMEOUT);
            throw new ServletException("as planned");
        });
        start(kind, builder -> builder, Map.of("/chat", handler));

        assertThat(Raw.get(server, "/chat", "Connection: close")).doesNotContain("200");
        assertSettledOnceFor("3 tokens");
    }
}
