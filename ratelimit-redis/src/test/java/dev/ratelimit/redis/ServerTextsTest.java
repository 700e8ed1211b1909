package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ratelimit.Caller;
import dev.ratelimit.spi.Printable;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server says steers no terminal, breaks no line of a log, and is bounded, wherever it is shown. */
class ServerTextsTest extends FaultInjectingTest {

    private static final String STEERS = "\u001b[2J\u0007\u0085\u009b31m red";
    private static final String HOSTILE = STEERS + "x".repeat(50_000) + STEERS;
    private static final String GOOD_INFO = CannedServer.bulk("redis_version:7.0.15\r\n");

    private final AtomicReference<String> badCommand = new AtomicReference<>("");
    private final AtomicReference<String> badAnswer = new AtomicReference<>("");
    private final Queue<Throwable> told = new ConcurrentLinkedQueue<>();

    private CannedServer server() {
        return open(new CannedServer(command -> command.equals(badCommand.get())
                ? badAnswer.get()
                : switch (command) {
                    case "HELLO" -> "-ERR unknown command\r\n";
                    case "PING" -> "+PONG\r\n";
                    case "INFO" -> GOOD_INFO;
                    case "EVALSHA" -> CannedServer.packed(1, 1);
                    default -> "+OK\r\n";
                }));
    }

    private void answer(String command, String answer) {
        badAnswer.set(answer);
        badCommand.set(command);
    }

    private RedisRateLimiterBuilder listening(CannedServer server) {
        return builder(server.uri())
                .timeout(LONG)
                .probeEvery(Duration.ofMillis(20))
                .outageListener(new OutageListener() {
                    @Override
                    public void unavailable(Throwable cause) {
                        told.add(cause);
                    }

                    @Override
                    public void available() {}

                    @Override
                    public void unfit(IllegalStateException reason) {
                        told.add(reason);
                    }

                    @Override
                    public void settlementsDelayed(long number, int waiting, Throwable cause) {
                        told.add(cause);
                    }

                    @Override
                    public void settlementsLost(long number, Throwable cause) {
                        told.add(cause);
                    }
                });
    }

    private static void assertShown(String text) {
        assertThat(text).isEqualTo(Printable.of(text, 2 * Printable.MAX_TEXT));
    }

    private static void assertShown(@Nullable Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            assertShown(String.valueOf(each.getMessage()));
            for (Throwable suppressed : each.getSuppressed()) {
                assertShown(suppressed);
            }
        }
    }

    private void assertAllShown() {
        assertThat(told).allSatisfy(ServerTextsTest::assertShown);
        assertThat(lines.with("")).allSatisfy(ServerTextsTest::assertShown);
        assertThat(lines.thrownWith("")).allSatisfy(ServerTextsTest::assertShown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELLO", "INFO", "SCRIPT", "EVALSHA"})
    void anErrorAtTheStartIsShownInTheException(String command) {
        CannedServer server = server();
        answer(command, "-NOPERM " + HOSTILE + "\r\n");
        IllegalStateException unfit = catchThrowableOfType(
                IllegalStateException.class, () -> listening(server).build());
        assertThat(unfit).hasMessageContaining("NOPERM \uFFFD[2J");
        assertShown(unfit);
    }

    @Test
    void informationThatTellsNoVersionIsShownInTheException() {
        CannedServer server = server();
        for (String info :
                List.of(HOSTILE, "redis_version:6.0" + STEERS, "redis_version:" + "9".repeat(50_000) + ".0")) {
            answer("INFO", CannedServer.bulk(info));
            IllegalStateException unfit = catchThrowableOfType(
                    IllegalStateException.class, () -> listening(server).build());
            assertThat(unfit).isNotNull();
            assertShown(unfit);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELLO", "INFO", "EVALSHA"})
    void whatIsToldOfAServerThatIsAwayAtTheStartIsShown(String command) throws InterruptedException {
        CannedServer server = server();
        answer(command, "-LOADING " + HOSTILE + "\r\n");
        open(listening(server).build());
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        answer(command, "-NOAUTH " + HOSTILE + "\r\n");
        assertThat(outages.nextDuring(() -> {})).startsWith("unfit: ");
        await("the other listener hears it too", () -> told.size() == 2);
        assertThat(lines.with("until then calls are decided")).isNotEmpty();
        assertAllShown();
    }

    @ParameterizedTest
    @ValueSource(strings = {"LOADING", "READONLY", "ERR"})
    void anErrorThatAnswersACallIsShown(String code) {
        CannedServer server = server();
        RedisRateLimiter limiter = open(listening(server).build());
        answer("EVALSHA", CannedServer.packed(1, 1, 0, 0, 1, 0, 1 << 30, 0));
        AsyncReservation reservation = limiter.reserve("acme", "chat", tokens(5));
        answer("EVALSHA", "-" + code + " " + HOSTILE + "\r\n");
        limiter.tryAcquire("acme", "chat");
        assertThat(reservation.settle(tokens(1))).isTrue();
        RedisUnavailableException thrown =
                catchThrowableOfType(RedisUnavailableException.class, () -> limiter.status("acme", "chat"));
        assertThat(thrown).hasCauseInstanceOf(RedisCommandExecutionException.class);
        assertThat(thrown.getCause()).hasMessageStartingWith(code + " \uFFFD");
        assertShown(thrown);
        CompletionException later = catchThrowableOfType(
                CompletionException.class,
                () -> limiter.async()
                        .status(Caller.of("acme", TIER), "chat")
                        .toCompletableFuture()
                        .join());
        assertShown(later.getCause());
        await("the listener hears of the settlement", () -> !told.isEmpty());
        await(
                "the error is logged",
                () -> !lines.with("Redis answered an error").isEmpty());
        await("the settlement is logged", () -> !lines.with("A settlement").isEmpty());
        assertAllShown();
    }

    private static String hostile(Random random) {
        StringBuilder text = new StringBuilder(random.nextBoolean() ? "" : "LOADING ");
        for (int left = random.nextInt(random.nextBoolean() ? 9 : 9_000); left > 0; left--) {
            text.append((char) random.nextInt(random.nextBoolean() ? 0x100 : 0x1_0000));
        }
        return text.toString();
    }

    private static Throwable failure(Random random, int deep) {
        String text = hostile(random);
        Throwable cause = deep == 0 || random.nextInt(4) == 0 ? null : failure(random, deep - 1);
        Throwable failure = switch (random.nextInt(5)) {
            case 0 -> new RedisCommandExecutionException(text, cause);
            case 1 -> new RedisConnectionException(text, cause);
            case 2 -> new RedisUnavailableException(text, cause);
            case 3 -> new UnknownHostException(text);
            default -> new NumberFormatException(text);
        };
        if (deep > 0 && random.nextInt(4) == 0) {
            failure.addSuppressed(failure(random, deep - 1));
        }
        return failure;
    }

    @RepeatedTest(20)
    void aFailureThatIsMadePrintableIsOfTheSameKind(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        for (int i = 0; i < 50; i++) {
            Throwable failure = failure(random, random.nextInt(20));
            Throwable shown = Failure.printable(failure);
            assertShown(shown);
            assertThat(Failure.of(shown)).isEqualTo(Failure.of(failure));
            assertThat(shown.getStackTrace()).isEqualTo(failure.getStackTrace());
        }
    }

    @Test
    void aFailureThatCanBeShownStaysAsItIs() {
        Throwable failure =
                new RedisConnectionException("Unable to connect", new UnknownHostException("redis.example"));
        assertThat(Failure.printable(failure)).isSameAs(failure);
        Error error = new StackOverflowError(STEERS);
        assertThat(Failure.printable(error)).isSameAs(error);
    }
}
