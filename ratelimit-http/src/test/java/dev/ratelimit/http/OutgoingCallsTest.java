package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spi.RateLimitListener;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The code of the guide, as a vendor sees it: what arrives at its server, by its own clock. */
@Timeout(120)
class OutgoingCallsTest {

    private static final int AMOUNT = 10;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long MARGIN = TimeUnit.MILLISECONDS.toNanos(500);

    /** How much longer the first call of a connection is under way. */
    private static final long HANDSHAKE_MILLIS = 250;

    private static final int MAX_TOKENS = 100;

    private final VendorServer server = new VendorServer(HANDSHAKE_MILLIS);

    /** When the current thread was last admitted. */
    private final ThreadLocal<Long> admitted = new ThreadLocal<>();

    private final Map<String, Long> sent = new ConcurrentHashMap<>();
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(DOCUMENTED)
            .listener(new RateLimitListener() {
                @Override
                public void onAdmitted(Caller caller, String endpoint, Usage usage) {
                    admitted.set(System.nanoTime());
                }
            })
            .build();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    // sample: docs/guide/outgoing.md
    static final Tier DOCUMENTED = Tier.named("vendor")
            .limits("chat", RateLimit.perSecond(10), RateLimit.perMinute(Unit.TOKENS, 40_000))
            .build();

    final OutgoingLimiter vendor() {
        return OutgoingLimiter.of(limiter).withMargin(Duration.ofMillis(500));
    }

    HttpResponse<String> chat(OutgoingLimiter vendor, String prompt) throws IOException, InterruptedException {
        Usage used = Usage.of(Unit.TOKENS, tokensOf(prompt) + MAX_TOKENS);
        Reservation reservation = vendor.waiting(Duration.ofMinutes(1)).reserve("our account", "chat", used);
        if (reservation.decision() instanceof Rejected no) {
            throw new IOException(no.message());
        }
        try {
            HttpResponse<String> answer = client.send(requestOf(prompt), BodyHandlers.ofString());
            vendor.observe(
                    "our account", "chat", answer.statusCode(), answer.headers().map());
            if (answer.statusCode() == 200) {
                used = Usage.of(Unit.TOKENS, tokensOf(prompt) + tokensOf(answer.body()));
            }
            return answer;
        } finally {
            reservation.settle(used); // a call that failed may have been counted: its estimate stays charged
        }
    }
    // end of sample

    private HttpRequest requestOf(String prompt) {
        sent.put(prompt, requireNonNull(admitted.get()));
        return HttpRequest.newBuilder(server.uriOf(prompt)).build();
    }

    private static int tokensOf(String text) {
        return text.length();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void coldAndWarmCallsStayWithinTheLimitAtTheVendor() throws Exception {
        OutgoingLimiter vendor = vendor();
        callTwiceTheAmount(call -> chat(vendor, call));

        assertThat(server.connections()).isBetween(1, 2 * AMOUNT - 1); // later calls were warm
        // A machine may be so busy that a call is under way for longer than the margin allows for.
        long beyond = Math.max(0, differenceUnderWay() - MARGIN);
        assertThat(leastSpanOfOneMore()).isGreaterThanOrEqualTo(SECOND - beyond);
    }

    /** Who counts calls when they are sent, and not when they arrive, sends too many. */
    @Test
    void withoutAMarginTheVendorSeesMoreThanItAllows() throws Exception {
        OutgoingLimiter vendor = OutgoingLimiter.of(limiter);
        callTwiceTheAmount(call -> chat(vendor, call));

        assertThat(leastSpanOfOneMore()).isLessThan(SECOND);
    }

    @Test
    void aRefusalIsWaitedFor() throws Exception {
        OutgoingLimiter vendor = vendor();
        server.refuseNext(1);

        HttpResponse<String> refused = chat(vendor, "first");
        HttpResponse<String> answered = chat(vendor, "second");

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(answered.statusCode()).isEqualTo(200);
        assertThat(arrival("second") - arrival("first")).isGreaterThanOrEqualTo(SECOND);
        LimitStatus tokens = vendor.status("our account", "chat").get(1);
        assertThat(tokens.used())
                .isEqualTo(tokensOf("first") + MAX_TOKENS + tokensOf("second") + tokensOf(answered.body()));
    }

    private interface Call {
        HttpResponse<String> make(String call) throws Exception;
    }

    /** The first calls open connections, and the later ones find them open. */
    private void callTwiceTheAmount(Call call) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AMOUNT);
        try {
            List<Callable<Integer>> calls = new ArrayList<>();
            for (int i = 0; i < 2 * AMOUNT; i++) {
                String name = "call" + i;
                calls.add(() -> call.make(name).statusCode());
            }
            for (Future<Integer> answer : threads.invokeAll(calls)) {
                assertThat(answer.get()).isEqualTo(200);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(server.arrivals()).hasSize(2 * AMOUNT);
    }

    private long arrival(String call) {
        return requireNonNull(server.arrivals().get(call));
    }

    /** Returns by how many nanoseconds one call was longer under way than another. */
    private long differenceUnderWay() {
        long[] underWay = sent.entrySet().stream()
                .mapToLong(call -> arrival(call.getKey()) - call.getValue())
                .sorted()
                .toArray();
        return underWay[underWay.length - 1] - underWay[0];
    }

    /** Returns the shortest time in which one call more than the amount arrived, in nanoseconds. */
    private long leastSpanOfOneMore() {
        long[] arrivals = server.arrivals().values().stream()
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        long least = Long.MAX_VALUE;
        for (int i = 0; i + AMOUNT < arrivals.length; i++) {
            least = Math.min(least, arrivals[i + AMOUNT] - arrivals[i]);
        }
        return least;
    }
}
