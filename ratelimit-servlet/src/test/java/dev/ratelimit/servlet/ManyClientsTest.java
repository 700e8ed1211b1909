package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.servlet.TestServer.Kind;
import dev.ratelimit.testkit.ManualTime;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients make of the fields: many at once, and those that go by them. */
@SuppressWarnings("NullAway.Init") // each test starts a server
class ManyClientsTest {

    private static final Pattern STATE = Pattern.compile(";r=(\\d+)(;t=(\\d+))?");

    private final ManualTime time = new ManualTime();
    private TestServer server;

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(Kind kind, Limit... limits) throws Exception {
        Tier.Builder tier = Tier.named("tier");
        for (Limit limit : limits) {
            tier.table(LimitTable.named(limit.inWords()).each(limit, "chat"));
        }
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(tier.build())
                .timeSource(time)
                .build();
        server = kind.start(
                RateLimitFilter.builder(limiter)
                        .organization(request -> Optional.of("acme"))
                        .endpoint("GET", "/chat", "chat")
                        .build(),
                "/chat",
                Handler.hello());
    }

    /** What remains of a limit falls from one admitted answer to the next: no two of them are told the same. */
    @ParameterizedTest
    @EnumSource
    void ofManyAtTheLastUnitsExactlyTheAmountIsAdmitted(Kind kind) throws Exception {
        int clients = 200;
        int amount = 60;
        start(kind, RateLimit.perDay(amount), Quota.perMonth(1_000));
        HttpRequest request = Web.request("GET", server.uri("/chat"));

        List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, clients)
                .mapToObj(i -> Web.CLIENT.sendAsync(request, BodyHandlers.ofString()))
                .toList();
        List<HttpResponse<String>> responses =
                answers.stream().map(CompletableFuture::join).toList();

        List<HttpResponse<String>> admitted = responses.stream()
                .filter(response -> response.statusCode() == 200)
                .toList();
        assertThat(admitted).hasSize(amount);
        assertThat(admitted.stream().map(response -> remaining(response, 0)))
                .containsExactlyInAnyOrderElementsOf(from(0, amount));
        assertThat(admitted.stream().map(response -> remaining(response, 1)))
                .containsExactlyInAnyOrderElementsOf(from(1_000 - amount, amount));
        assertThat(responses)
                .filteredOn(response -> response.statusCode() != 200)
                .allMatch(response -> response.statusCode() == 429)
                .allMatch(response -> remaining(response, 0) == 0)
                .allMatch(response -> Web.field(response, "Retry-After").equals("86400"));
    }

    private static List<Long> from(long first, int number) {
        return LongStream.range(first, first + number).boxed().toList();
    }

    private static long remaining(HttpResponse<?> response, int limit) {
        return Long.parseLong(states(response).get(limit).group(1));
    }

    private static List<MatchResult> states(HttpResponse<?> response) {
        return STATE.matcher(Web.field(response, "RateLimit")).results().toList();
    }

    /** The limits that tell exactly when a client may come back. */
    private static List<Limit[]> exactLimits() {
        return List.of(
                new Limit[] {RateLimit.of(Unit.CALLS, 7, Duration.ofMillis(2_500))},
                new Limit[] {RateLimit.perMinute(20), RateLimit.perSecond(3)},
                new Limit[] {
                    TokenBucket.of(Unit.CALLS, 7, Duration.ofSeconds(20)).withCapacity(11)
                },
                new Limit[] {TokenBucket.perSecond(2), RateLimit.perMinute(50)},
                new Limit[] {Quota.perDay(30), RateLimit.perSecond(2)});
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatObeysRetryAfterIsAdmitted(Kind kind) throws Exception {
        for (Limit[] limits : exactLimits()) {
            start(kind, limits);
            int refusals = 0;
            for (int i = 0; refusals < 10; i++) {
                time.advance(Duration.ofMillis(37L * (i % 11)));
                HttpResponse<String> response = Web.get(server.uri("/chat"));
                if (response.statusCode() == 429) {
                    refusals++;
                    time.advance(Duration.ofSeconds(Long.parseLong(Web.field(response, "Retry-After"))));
                    assertThat(Web.get(server.uri("/chat")).statusCode()).isEqualTo(200);
                }
            }
            server.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatGoesByRAndTAloneIsNeverRefused(Kind kind) throws Exception {
        for (Limit[] limits : exactLimits()) {
            start(kind, limits);
            List<Integer> statuses = new ArrayList<>();
            long end = time.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (time.nanoTime() < end || statuses.size() < 60) {
                HttpResponse<String> response = Web.get(server.uri("/chat"));
                statuses.add(response.statusCode());
                time.advance(Duration.ofMillis(13));
                time.advance(Duration.ofSeconds(states(response).stream()
                        .filter(state -> state.group(1).equals("0"))
                        .mapToLong(state -> Long.parseLong(state.group(3)))
                        .max()
                        .orElse(0)));
            }
            assertThat(statuses).as("%s", List.of(limits)).containsOnly(200);
            server.close();
        }
    }
}
