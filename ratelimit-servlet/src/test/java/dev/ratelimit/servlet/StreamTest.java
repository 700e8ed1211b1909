package dev.ratelimit.servlet;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.servlet.TestServer.Kind;
import dev.ratelimit.testkit.ManualTime;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers that come piece by piece: what they use is charged, whoever ends them and when. */
@SuppressWarnings("NullAway.Init") // each test starts a server
class StreamTest {

    private static final long QUOTA = 1L << 40;
    private static final Usage ESTIMATE = Usage.of(Unit.TOKENS, 100);

    /** More than a socket takes whose client has gone. */
    private static final int ENDLESS = 1_000_000;

    private final Ends ends = new Ends();
    private final RateLimiter limiter = limiter(QUOTA);
    private final CountDownLatch handlerIsReached = new CountDownLatch(1);
    private final CountDownLatch clientHasGone = new CountDownLatch(1);

    /** How many tokens the handler has used. */
    private long pieces;

    private TestServer server;

    @AfterEach
    void stop() {
        server.close();
    }

    private RateLimiter limiter(long quota) {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("tokens").each(Quota.perMonth(Unit.TOKENS, quota), "stream"))
                .build();
        return InMemoryRateLimiter.builder()
                .tier(tier)
                .timeSource(new ManualTime())
                .listener(ends)
                .build();
    }

    private static RateLimitFilterBuilder filter(RateLimiter limiter) {
        return RateLimitFilter.builder(limiter)
                .organization(request -> Optional.of("acme"))
                .endpoint("GET", "/stream", "stream")
                .estimate(request -> ESTIMATE);
    }

    private static Usage tokens(long number) {
        return Usage.of(Unit.TOKENS, number);
    }

    /** Writes pieces until the quota, the client or their number ends that. */
    private void stream(Reservation reservation, OutputStream out, int number, int waitBefore) throws IOException {
        byte[] filler = new byte[8_192];
        for (int i = 0; i < number; i++) {
            if (i == waitBefore) {
                handlerIsReached.countDown();
                await(clientHasGone);
            }
            if (reservation.use(tokens(1)) instanceof Rejected) {
                return;
            }
            pieces++;
            out.write(("piece " + i + ";").getBytes(US_ASCII));
            if (i > waitBefore) {
                out.write(filler);
            }
            out.flush();
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(Ends.SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** How a stream is written. */
    enum Way {
        BLOCKING {
            @Override
            HttpServlet handler(Streamer streamer) {
                return Handler.of((request, response) ->
                        streamer.stream(RateLimits.reservation(request), response.getOutputStream()));
            }
        },
        ASYNC {
            @Override
            HttpServlet handler(Streamer streamer) {
                return Handler.of((request, response) -> {
                    Reservation reservation = RateLimits.reservation(request);
                    AsyncContext async = request.startAsync();
                    async.setTimeout(0);
                    new Thread(() -> run(async, reservation, streamer)).start();
                });
            }

            private void run(AsyncContext async, Reservation reservation, Streamer streamer) {
                try {
                    streamer.stream(reservation, async.getResponse().getOutputStream());
                } catch (IOException e) {
                    // The client has gone.
                } finally {
                    complete(async);
                }
            }

            private void complete(AsyncContext async) {
                try {
                    async.complete();
                } catch (IllegalStateException e) {
                    // The server has noticed it too, and has done so.
                }
            }
        };

        abstract HttpServlet handler(Streamer streamer);
    }

    /** Writes an answer. */
    interface Streamer {
        void stream(Reservation reservation, OutputStream out) throws IOException;
    }

    static Stream<Arguments> waysOfServers() {
        return Stream.of(Kind.values()).flatMap(kind -> Stream.of(Way.values()).map(way -> Arguments.of(kind, way)));
    }

    @ParameterizedTest
    @MethodSource("waysOfServers")
    void aStreamIsSettledForItsPieces(Kind kind, Way way) throws Exception {
        server = kind.start(
                filter(limiter).build(), "/stream", way.handler((reservation, out) -> stream(reservation, out, 7, -1)));

        HttpResponse<String> response = Web.get(server.uri("/stream"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("piece 6;");
        assertThat(Web.field(response, "RateLimit")).contains(";r=" + (QUOTA - 100) + ";");
        assertSettledFor(7);
    }

    private void assertSettledFor(long tokens) throws InterruptedException {
        assertThat(ends.next()).isEqualTo("settled for " + tokens + " tokens");
        assertThat(limiter.status("acme", "stream").get(0).used()).isEqualTo(tokens);
        assertThat(ends.left()).isZero();
    }

    @ParameterizedTest
    @MethodSource("waysOfServers")
    void aStreamWithoutPiecesIsSettledForItsEstimate(Kind kind, Way way) throws Exception {
        server = kind.start(
                filter(limiter).build(),
                "/stream",
                way.handler((reservation, out) -> out.write("Hello".getBytes(US_ASCII))));

        assertThat(Web.get(server.uri("/stream")).body()).isEqualTo("Hello");
        assertSettledFor(100);
    }

    @ParameterizedTest
    @MethodSource("waysOfServers")
    void whatTheHandlerSettlesStays(Kind kind, Way way) throws Exception {
        server = kind.start(
                filter(limiter)
                        .actual((request, response) -> Optional.of(tokens(50)))
                        .build(),
                "/stream",
                way.handler((reservation, out) -> {
                    reservation.use(tokens(3));
                    reservation.settle(tokens(42));
                }));

        assertThat(Web.get(server.uri("/stream")).statusCode()).isEqualTo(200);
        assertSettledFor(42);
    }

    @ParameterizedTest
    @MethodSource("waysOfServers")
    void aFunctionTellsWhatWasUsed(Kind kind, Way way) throws Exception {
        server = kind.start(
                filter(limiter)
                        .actual((request, response) -> Optional.of(tokens(response.getStatus())))
                        .build(),
                "/stream",
                way.handler((reservation, out) -> reservation.use(tokens(3))));

        assertThat(Web.get(server.uri("/stream")).statusCode()).isEqualTo(200);
        assertSettledFor(200);
    }

    @ParameterizedTest
    @MethodSource("waysOfServers")
    void aStreamEndsWithItsQuotaAndItsStatusStays(Kind kind, Way way) throws Exception {
        RateLimiter scarce = limiter(105);
        server = kind.start(
                filter(scarce).build(),
                "/stream",
                way.handler((reservation, out) -> stream(reservation, out, 1_000, -1)));

        HttpResponse<String> response = Web.get(server.uri("/stream"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("piece 104;").doesNotContain("piece 105;");
        assertThat(ends.next()).isEqualTo("settled for 105 tokens");
        assertThat(Web.get(server.uri("/stream")).statusCode()).isEqualTo(429);
    }

    /** When a client hangs up. */
    enum Moment {
        BEFORE_THE_HANDLER(0, ENDLESS),
        BEFORE_THE_FIRST_BYTE(0, ENDLESS),
        IN_THE_MIDDLE(5, ENDLESS),
        AT_THE_LAST_PIECE(6, 7);

        /** The piece before which it hangs up. */
        final int piece;

        final int pieces;

        Moment(int piece, int pieces) {
            this.piece = piece;
            this.pieces = pieces;
        }
    }

    static Stream<Arguments> moments() {
        List<Arguments> all = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (Way way : Way.values()) {
                for (Moment moment : Moment.values()) {
                    all.add(Arguments.of(kind, way, moment));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("moments")
    void aClientThatHangsUpPaysForWhatWasUsed(Kind kind, Way way, Moment moment) throws Exception {
        Filter gate = (request, response, chain) -> {
            if (moment == Moment.BEFORE_THE_HANDLER) {
                handlerIsReached.countDown();
                await(clientHasGone);
            }
            chain.doFilter(request, response);
        };
        HttpServlet handler = way.handler((reservation, out) -> stream(reservation, out, moment.pieces, moment.piece));
        server = kind.start(List.of(filter(limiter).build(), gate), Map.of("/stream", handler));

        Socket client = Raw.open(server, "/stream");
        await(handlerIsReached);
        if (moment.piece > 0) {
            Raw.readUntil(client, "piece " + (moment.piece - 1) + ";");
        }
        Raw.hangUp(client);
        clientHasGone.countDown();

        String end = ends.next();
        assertThat(end).isEqualTo("settled for " + Usage.of(Unit.TOKENS, pieces));
        assertThat(pieces).isGreaterThan(moment.piece).isLessThanOrEqualTo(moment.pieces);
        assertThat(pieces == ENDLESS).as("the server noticed it").isFalse();
        assertThat(limiter.status("acme", "stream").get(0).used()).isEqualTo(pieces);
    }

    @ParameterizedTest
    @MethodSource("waysOfServers")
    void aClientThatHangsUpPaysTheEstimateOfAStreamWithoutPieces(Kind kind, Way way) throws Exception {
        server = kind.start(filter(limiter).build(), "/stream", way.handler((reservation, out) -> {
            handlerIsReached.countDown();
            await(clientHasGone);
            for (int i = 0; i < ENDLESS; i++) {
                out.write(new byte[8_192]);
                out.flush();
            }
        }));

        Socket client = Raw.open(server, "/stream");
        await(handlerIsReached);
        Raw.hangUp(client);
        clientHasGone.countDown();

        assertSettledFor(100);
    }

    /** The client begins to read when the handler has begun to write, and takes little at a time. */
    @ParameterizedTest
    @EnumSource
    void aSlowClientGetsAndPaysForAll(Kind kind) throws Exception {
        int number = 500;
        server = kind.start(filter(limiter).build(), "/stream", Way.BLOCKING.handler((reservation, out) -> {
            handlerIsReached.countDown();
            stream(reservation, out, number, -1);
        }));

        StringBuilder answer = new StringBuilder();
        try (Socket client = Raw.open(server, "/stream", "Connection: close")) {
            await(handlerIsReached);
            InputStream in = client.getInputStream();
            for (byte[] some = in.readNBytes(1_000); some.length > 0; some = in.readNBytes(1_000)) {
                answer.append(new String(some, US_ASCII));
            }
        }
        assertThat(answer).contains("piece 0;", "piece " + (number - 1) + ";");
        assertSettledFor(number);
    }
}
