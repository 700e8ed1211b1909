package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of answers that come when a reservation has been ended. The server answers each question when the test
 * gives it an answer.
 */
class LateAnswersTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(10)))
            .build();
    private static final String ADMITTED = CannedServer.packed(1, 1, 0, 7, 9);
    private static final String REFUSED = CannedServer.packed(0, 1, 60_000_000, -1, 0);
    private static final String SETTLED = CannedServer.packed(1, 1);

    private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final CannedServer server = new CannedServer(command -> switch (command) {
        case "HELLO" -> "-ERR unknown command\r\n";
        case "INFO" -> CannedServer.bulk("redis_version:7.0.15\r\n");
        case "EVALSHA" -> {
            questions.add(command);
            yield nextAnswer();
        }
        case "DEL" -> ":1\r\n";
        default -> "+OK\r\n";
    });
    private final RedisClient client = RedisClient.create(server.uri());

    private RedisRateLimiter limiter;
    private AsyncReservation reservation;

    private String nextAnswer() {
        try {
            return answers.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void reserve() {
        answers.add(REFUSED); // the trial asks, and settles nothing
        answers.add(SETTLED);
        answers.add(ADMITTED);
        limiter = RedisRateLimiter.builder(client)
                .tier(TIER)
                .rememberRefusals(Duration.ofHours(1))
                .timeout(Duration.ofHours(1))
                .build();
        reservation = limiter.reserve("acme", "chat", calls(8));
        assertThat(reservation.decision().isAdmitted()).isTrue();
        questions.clear();
    }

    @AfterEach
    void close() throws IOException {
        Clients.shutDown(client);
        server.close();
    }

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    private static <T> T answerOf(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    /** Giving it back takes a round trip of its own, which must not be added to the time of the decision. */
    @Test
    void moreThatIsAdmittedAfterTheEndIsGivenBackWithoutWaitingForThat() throws Exception {
        CompletionStage<Decision> more = reservation.useAsync(calls(100));
        CompletionStage<Boolean> end = reservation.cancelAsync();
        answers.add(ADMITTED);
        assertThat(answerOf(more))
                .isInstanceOfSatisfying(
                        Rejected.class, rejected -> assertThat(rejected.cause()).isInstanceOf(ReservationEnded.class));
        // Nothing says which of the two is asked first: what is given back, on the connection's thread, or the end.
        answers.add(SETTLED);
        answers.add(SETTLED);
        assertThat(answerOf(end)).isTrue();
        for (String question : new String[] {"more", "the end", "what is given back"}) {
            assertThat(questions.poll(20, TimeUnit.SECONDS)).as(question).isNotNull();
        }
    }

    @Test
    void aRefusalThatWasDecidedBeforeAChargeIsForgottenWithIt() throws Exception {
        CompletionStage<Decision> refused = limiter.async().tryAcquire("acme", "chat", calls(3));
        CompletionStage<Decision> charged = limiter.async().tryAcquire("acme", "chat", calls(1));
        answers.add(REFUSED);
        answers.add(ADMITTED);
        assertThat(answerOf(refused).isAdmitted()).isFalse();
        assertThat(answerOf(charged).isAdmitted()).isTrue();
        answers.add(REFUSED);
        assertThat(limiter.tryAcquire("acme", "chat", calls(3)).isAdmitted()).isFalse();
        assertThat(questions).as("it was asked").hasSize(3);
        assertThat(limiter.tryAcquire("acme", "chat", calls(3)).isAdmitted()).isFalse();
        assertThat(questions).as("it was remembered").hasSize(3);
    }

    @Test
    void aRefusalThatWasDecidedBeforeTheEndIsForgottenWithIt() throws Exception {
        CompletionStage<Decision> refused = limiter.async().tryAcquire("acme", "chat", calls(3));
        CompletionStage<Boolean> end = reservation.cancelAsync();
        answers.add(REFUSED);
        answers.add(SETTLED);
        assertThat(answerOf(refused).isAdmitted()).isFalse();
        assertThat(answerOf(end)).isTrue();
        answers.add(ADMITTED);
        assertThat(limiter.tryAcquire("acme", "chat", calls(3)).isAdmitted()).isTrue();
    }
}
