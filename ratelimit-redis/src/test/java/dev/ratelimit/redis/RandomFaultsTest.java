package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All that can be asked, while a server and the way to it do all that they can do, for each choice of a host. */
@Timeout(300)
class RandomFaultsTest extends FaultInjectingTest {

    private static final int ROUNDS = 10;
    private static final int PHASES = 7;
    private static final int CALLS = 25;
    private static final int RESERVATIONS = 40;
    private static final long SHARE = AMOUNT / 4;

    /** What a host chose, and the most that is admitted of an amount. */
    @SuppressWarnings("ImmutableEnumChecker") // the choices keep nothing
    enum Policy {
        REJECT(RedisRateLimiterBuilder::failClosed, AMOUNT),
        ADMIT(RedisRateLimiterBuilder::failOpen, Long.MAX_VALUE),
        FALL_BACK(
                builder -> builder.fallBackTo(
                        new ReferenceRateLimiter(anyone -> TIER, TimeSource.system()),
                        tier -> tier.withLimits(limit -> limit.dividedBy(4))),
                AMOUNT + SHARE);

        private final UnaryOperator<RedisRateLimiterBuilder> choice;
        private final long most;

        Policy(UnaryOperator<RedisRateLimiterBuilder> choice, long most) {
            this.choice = choice;
            this.most = most;
        }
    }

    private RedisServer server;
    private CuttingProxy proxy;
    private ExecutorService threads;
    private ScheduledThreadPoolExecutor scheduler;

    @BeforeEach
    void start() {
        server = open(new RedisServer("--appendonly", "yes", "--appendfsync", "always"));
        proxy = open(new CuttingProxy(server));
        threads = Executors.newFixedThreadPool(4);
        scheduler = new ScheduledThreadPoolExecutor(1);
        open(threads::shutdownNow);
        open(scheduler::shutdownNow);
    }

    /** Has something go wrong, and returns what puts it right. */
    private Runnable fault(Random random) {
        switch (random.nextInt(10)) {
            case 0 -> proxy.hold();
            case 1 -> proxy.holdAnswers();
            case 2 -> proxy.cutNextAnswerAfter(random.nextInt(60));
            case 3 -> proxy.cutNextRequestAfter(random.nextInt(400));
            case 4 -> proxy.resetAtNextAnswer();
            case 5 -> proxy.cutAll();
            case 6 -> {
                proxy.hold();
                proxy.cutAll();
            }
            case 7 -> {
                server.kill();
                return server::restart;
            }
            case 8 -> {
                server.suspend();
                return server::resume;
            }
            default -> {
                // It answers that it writes nothing.
                ThreeMasters.with(server, redis -> redis.configSet("min-replicas-to-write", "1"));
                return () -> ThreeMasters.with(server, redis -> redis.configSet("min-replicas-to-write", "0"));
            }
        }
        return proxy::letGo;
    }

    /**
     * One round of a limiter: calls of one organization, and reservations of another that end while something is wrong.
     */
    private final class Round {

        private final Policy policy;
        private final String prefix;
        private final Random random;
        private final RedisRateLimiter limiter;
        private final Caller calling = Caller.of("calling", TIER);
        private final AtomicLong admitted = new AtomicLong();
        private final AtomicLong unknown = new AtomicLong();
        private final Deque<AsyncReservation> open = new ArrayDeque<>();
        private final List<AsyncReservation> ended = new ArrayList<>();
        private long actual;

        Round(Policy policy, int seed) {
            this.policy = policy;
            prefix = policy + " " + seed + ":";
            random = new Random(seed);
            limiter = open(policy.choice
                    .apply(builder(proxy.uri()))
                    .keyPrefix(prefix)
                    .timeout(Duration.ofMillis(400))
                    .probeEvery(Duration.ofMillis(20))
                    .build());
            while (open.size() < RESERVATIONS) {
                AsyncReservation reservation = limiter.reserve("ending", "chat", tokens(9));
                assertThat(reservation.decision()).isEqualTo(Decision.admitted());
                open.add(reservation);
            }
        }

        private Decision counted(Decision decision, long tokens) {
            if (decision.isAdmitted()) {
                admitted.addAndGet(tokens);
            } else if (((Rejected) decision).cause() instanceof StoreUnavailable) {
                unknown.addAndGet(tokens);
            }
            return decision;
        }

        /** Asks something, and returns what ends with the answer. */
        private CompletableFuture<?> call() {
            long tokens = random.nextInt(12);
            return switch (random.nextInt(10)) {
                case 0 -> onAThread(() -> counted(limiter.tryAcquire(calling, "chat", tokens(tokens)), tokens));
                case 1 -> onAThread(() -> limiter.peek(calling, "chat", tokens(tokens)));
                case 2 -> onAThread(() -> status(() -> limiter.status(calling, "chat")));
                case 3 -> onAThread(() -> status(() -> limiter.status(calling)));
                case 4 ->
                    limiter.waiting(Duration.ofMillis(30))
                            .acquireAsync(calling, "chat", tokens(tokens), scheduler)
                            .thenApply(decision -> counted(decision, tokens));
                case 5 -> limiter.async().peek(calling, "chat", tokens(tokens)).toCompletableFuture();
                case 6 ->
                    limiter.async()
                            .status(calling)
                            .exceptionally(failure -> List.of())
                            .toCompletableFuture();
                case 7, 8 -> open.isEmpty() ? CompletableFuture.completedFuture(true) : end(open.remove());
                default ->
                    limiter.async()
                            .tryAcquire(calling, "chat", tokens(tokens))
                            .thenApply(decision -> counted(decision, tokens))
                            .toCompletableFuture();
            };
        }

        private CompletableFuture<?> onAThread(Supplier<?> question) {
            return CompletableFuture.supplyAsync(question, threads);
        }

        private List<LimitStatus> status(Supplier<List<LimitStatus>> question) {
            try {
                return question.get();
            } catch (RedisUnavailableException e) {
                return List.of();
            }
        }

        private CompletableFuture<?> end(AsyncReservation reservation) {
            ended.add(reservation);
            boolean cancels = random.nextInt(3) == 0;
            boolean waits = random.nextBoolean();
            long tokens = random.nextInt(20); // also more than the estimate
            actual += cancels ? 0 : tokens;
            if (cancels) {
                return waits ? onAThread(reservation::cancel) : future(reservation.cancelAsync());
            }
            return waits
                    ? onAThread(() -> reservation.settle(tokens(tokens)))
                    : future(reservation.settleAsync(tokens(tokens)));
        }

        private CompletableFuture<Boolean> future(CompletionStage<Boolean> stage) {
            return stage.toCompletableFuture();
        }

        private void phase() throws Exception {
            List<CompletableFuture<?>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS / 3; i++) {
                calls.add(call());
            }
            Runnable cure = fault(random);
            while (calls.size() < CALLS) {
                calls.add(call());
            }
            for (CompletableFuture<?> call : calls) {
                call.get(60, TimeUnit.SECONDS); // while nothing is right yet
            }
            cure.run();
        }

        void run() throws Exception {
            for (int i = 0; i < PHASES; i++) {
                phase();
            }
            open.forEach(reservation -> actual += 9);
            for (AsyncReservation reservation : ended) {
                assertThat(reservation.confirmed().toCompletableFuture().get(60, TimeUnit.SECONDS))
                        .isTrue();
            }
        }

        /** Says what the server has booked, when nothing is under way any more. */
        void assertBooked() {
            await("all that was sent has arrived", () -> proxy.passing() == 0);
            RedisRateLimiter patient =
                    open(builder(server.uri()).keyPrefix(prefix).timeout(LONG).build());
            assertThat(patient.status("ending", "chat"))
                    .as("each end is booked once")
                    .extracting(LimitStatus::used)
                    .containsExactly(actual, actual);
            long used = patient.status("calling", "chat").get(0).used();
            assertThat(used).isLessThanOrEqualTo(AMOUNT);
            assertThat(admitted.get()).isLessThanOrEqualTo(policy.most);
            if (policy == Policy.REJECT) {
                assertThat(used).isBetween(admitted.get(), admitted.get() + unknown.get());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyCallEndsNothingIsAdmittedBeyondThePolicyAndEachEndIsBookedOnce(Policy policy) {
        assertRound(policy, 0);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void soItIsInMoreRounds(Policy policy) {
        for (int seed = 1; seed < ROUNDS; seed++) {
            assertRound(policy, seed);
        }
    }

    private void assertRound(Policy policy, int seed) {
        Round round = new Round(policy, seed);
        try {
            round.run();
            round.assertBooked();
            assertThat(outages.lost).hasValue(0);
        } catch (Throwable e) {
            throw new AssertionError("policy " + policy + ", seed " + seed, e);
        }
    }
}
