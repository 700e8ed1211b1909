package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.servlet.TestServer.Kind;
import dev.ratelimit.testkit.ManualTime;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A limiter, a directory of keys, or a setting that throws takes no service down. */
@SuppressWarnings("NullAway.Init") // each test starts a server
class FailureTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").everyEndpoint(RateLimit.perMinute(2)))
            .build();
    private static final HttpServlet HELLO = Handler.of((request, response) -> {
        RateLimits.reservation(request).use(Usage.call());
        response.getWriter().print("Hello");
    });

    private final ManualTime time = new ManualTime();
    private final Ends ends = new Ends();
    private final FailingLimiter limiter = new FailingLimiter(InMemoryRateLimiter.builder()
            .tier(TIER)
            .timeSource(time)
            .listener(ends)
            .build());
    private final Log log = new Log();

    private TestServer server;

    @BeforeEach
    void listen() {
        Log.LOGGER.addHandler(log);
        Log.LOGGER.setUseParentHandlers(false);
    }

    @AfterEach
    void stop() {
        server.close();
        Log.LOGGER.removeHandler(log);
        Log.LOGGER.setUseParentHandlers(true);
    }

    /** The lines of the filter. */
    private static final class Log extends java.util.logging.Handler {

        /** Held, since a handler is lost with its logger. */
        static final Logger LOGGER = Logger.getLogger(RateLimitFilter.class.getName());

        final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        @Override
        public void publish(LogRecord record) {
            lines.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private RateLimitFilterBuilder filter() {
        return RateLimitFilter.builder(limiter)
                .organization(request -> Optional.of("acme"))
                .endpoint("GET", "/chat", "chat");
    }

    private HttpResponse<String> chat() throws Exception {
        return Web.get(server.uri("/chat"));
    }

    @ParameterizedTest
    @EnumSource
    void callsGoOnWhileALimiterFailsAndAreLimitedAgainAfterwards(Kind kind) throws Exception {
        server = kind.start(filter().build(), "/chat", HELLO);
        limiter.failsToDecide = true;

        for (int i = 0; i < 5; i++) {
            HttpResponse<String> response = chat();
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("Hello");
            assertThat(response.headers().firstValue("RateLimit")).isEmpty();
        }
        assertThat(log.lines).containsExactly("A call could not be decided, and is admitted, suppressed=0");
        time.advance(Duration.ofMinutes(1));
        assertThat(chat().statusCode()).isEqualTo(200);
        assertThat(log.lines).hasSize(2).contains("A call could not be decided, and is admitted, suppressed=4");

        limiter.failsToDecide = false;
        assertThat(List.of(chat(), chat(), chat()))
                .extracting(HttpResponse::statusCode)
                .containsExactly(200, 200, 429);
    }

    @ParameterizedTest
    @EnumSource
    void callsAreRefusedWhileALimiterFailsIfTheHostSaysSo(Kind kind) throws Exception {
        server = kind.start(filter().failClosed().build(), "/chat", HELLO);
        limiter.failsToDecide = true;

        HttpResponse<String> refused = chat();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(Web.field(refused, "Retry-After")).isEqualTo("1");
        assertThat(refused.body()).contains("temporary-reduced-capacity", "The limits cannot be checked");
        assertThat(log.lines).containsExactly("A call could not be decided, and is refused, suppressed=0");
    }

    /** What is not decided at first is not decided in the middle of a request. */
    @ParameterizedTest
    @EnumSource
    void aCallThatGoesOnWithoutLimitsIsNotDecidedByALaterDispatch(Kind kind) throws Exception {
        server = kind.start(filter().build(), "/chat", Handler.of((request, response) -> {
            if (request.getAttribute("again") == null) {
                request.setAttribute("again", true);
                limiter.failsToDecide = false;
                AsyncContext async = request.startAsync();
                async.dispatch();
            } else {
                response.getWriter().print("Hello");
            }
        }));
        limiter.failsToDecide = true;

        assertThat(chat().body()).isEqualTo("Hello");
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }

    /** Nobody knows who calls, so that nobody is let in, whatever happens when the limiter fails. */
    @ParameterizedTest
    @EnumSource
    void aDirectoryThatFailsIs503(Kind kind) throws Exception {
        KeyDirectory keys = digest -> {
            throw new IllegalStateException("as planned");
        };
        server = kind.start(filter().keys(keys).failOpen().build(), "/chat", HELLO);

        HttpResponse<String> refused = Web.get(server.uri("/chat"), "Authorization", "Bearer key");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(Web.field(refused, "Retry-After")).isEqualTo("1");
        assertThat(log.lines)
                .containsExactly("Who calls could not be found out, and the call is refused, suppressed=0");
        assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @EnumSource
    void aFunctionThatGivesNoCallerIs503(Kind kind) throws Exception {
        server = kind.start(filter().caller(request -> null).build(), "/chat", HELLO);

        assertThat(chat().statusCode()).isEqualTo(503);
    }

    @ParameterizedTest
    @EnumSource
    void aRefusedKeyThatCannotBeChargedIs401(Kind kind) throws Exception {
        server = kind.start(
                filter().organization(request -> Optional.empty())
                        .limitRefusedKeys(TIER)
                        .build(),
                "/chat",
                HELLO);
        limiter.failsToDecide = true;

        assertThat(chat().statusCode()).isEqualTo(401);
        assertThat(log.lines).containsExactly("A refused key could not be charged, suppressed=0");
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerIsGivenThoughItsCallCannotBeSettled(Kind kind) throws Exception {
        server = kind.start(filter().build(), "/chat", HELLO);
        limiter.failsToEnd = true;

        assertThat(chat().body()).isEqualTo("Hello");
        assertThat(log.lines.poll(Ends.SECONDS, TimeUnit.SECONDS))
                .isEqualTo("A call could not be settled, suppressed=0");
    }

    @ParameterizedTest
    @EnumSource
    void aFunctionForWhatWasUsedThatFailsLeavesThePieces(Kind kind) throws Exception {
        server = kind.start(
                filter().estimate(request -> Usage.of(Unit.CALLS, 2))
                        .actual((request, response) -> {
                            throw new IllegalStateException("as planned");
                        })
                        .build(),
                "/chat",
                HELLO);

        assertThat(chat().body()).isEqualTo("Hello");
        assertThat(log.lines.poll(Ends.SECONDS, TimeUnit.SECONDS))
                .isEqualTo("What a call has used could not be found out, suppressed=0");
        assertThat(ends.next()).isEqualTo("settled for 1 call");
    }

    @ParameterizedTest
    @EnumSource
    void anAsyncAnswerIsGivenThoughItsCallCannotBeSettled(Kind kind) throws Exception {
        server = kind.start(filter().build(), "/chat", Handler.of((request, response) -> {
            response.getWriter().print("Hello");
            request.startAsync().complete();
        }));
        limiter.failsToEnd = true;

        assertThat(chat().body()).isEqualTo("Hello");
        assertThat(log.lines.poll(Ends.SECONDS, TimeUnit.SECONDS))
                .isEqualTo("A call could not be settled, suppressed=0");
    }

    /** What fails between the charge and the handler gives the charge back: here, a function of the server. */
    @ParameterizedTest
    @EnumSource
    void aCallWhoseHandlerIsNotReachedIsFree(Kind kind) throws Exception {
        Filter broken = (request, response, chain) ->
                chain.doFilter(request, new HttpServletResponseWrapper((HttpServletResponse) response) {
                    @Override
                    public void setHeader(String name, String value) {
                        throw new IllegalStateException("as planned");
                    }
                });
        server = kind.start(List.of(broken, filter().build()), Map.of("/chat", HELLO));

        assertThat(chat().statusCode()).isEqualTo(500);
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }
}
