package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Admitted;
import dev.ratelimit.BoundLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Calls of a thread that is deep in its own stack: they are asked at every depth from where the stack ends up to where
 * they have room, so the {@link StackOverflowError} comes at every step of a decision. All limits count the same in the
 * end, as each call charges one unit of each.
 */
class DeepStackTest {

    private static final long STACK = 256 << 10;
    private static final int ROUNDS = Integer.getInteger("deep.rounds", 1);

    /** So many calls in a row that have room end a round. */
    private static final int ENOUGH = 60;

    /**
     * A class that the JVM initializes where there is no stack stays broken, and nothing can be done about it: so all
     * is done once before.
     */
    @BeforeAll
    static void doAllOnce() {
        for (boolean listened : new boolean[] {false, true}) {
            for (int tables : new int[] {2, 40}) {
                InMemoryRateLimiter limiter = limiter(tables, listened);
                for (long actual : new long[] {0, 1, 2, 999_999}) {
                    assertThat(limiter.bind("acme", "chat")
                                    .tryAcquire(tokens(1))
                                    .isAdmitted())
                            .isTrue();
                    Reservation reservation = limiter.reserve("acme", "chat", tokens(1));
                    assertThat(reservation.use(tokens(2)).isAdmitted()).isTrue();
                    assertThat(reservation.settle(tokens(actual))).isTrue();
                    assertThat(reservation.cancel()).isFalse();
                    Caller member = limiter.caller("umbrella").member("user", "u1", tier(tables));
                    assertThat(limiter.tryAcquire(member, "chat", tokens(1)).isAdmitted())
                            .isTrue();
                    assertThat(limiter.tryAcquire(member, "chat", tokens(2_000_000))
                                    .isAdmitted())
                            .isFalse();
                }
                assertThat(limiter.tryAcquire("acme", "chat", tokens(1)).isAdmitted())
                        .isFalse();
                assertThat(used(limiter)).hasSize(1);
            }
        }
    }

    private static Tier tier(int tables) {
        Tier.Builder tier = Tier.named("tier");
        for (int i = 0; i < tables; i++) {
            LimitTable table = LimitTable.named("table " + i)
                    .eachOtherEndpoint(
                            switch (i % 5) {
                                case 0 -> RateLimit.of(Unit.TOKENS, 1_000_000, Duration.ofHours(1));
                                case 1, 4 -> Quota.lifetime(Unit.TOKENS, 1_000_000);
                                case 3 -> TokenBucket.perHour(Unit.TOKENS, 0).withCapacity(1_000_000);
                                default -> RateLimit.of(Unit.TOKENS, 1_000_000, Duration.ofMinutes(10));
                            });
            tier.table(i % 4 == 3 ? table.asShadow() : table);
        }
        return tier.build();
    }

    private static InMemoryRateLimiter limiter(int tables, boolean listened) {
        InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder().tier(tier(tables));
        if (listened) {
            builder.listener(new RateLimitListener() {
                @Override
                public List<Double> nearLimitAt() {
                    return List.of(0.9);
                }
            });
        }
        return builder.build();
    }

    /** Returns what is used of the limits: one number, unless a call has charged some and others not. */
    private static Set<Long> used(InMemoryRateLimiter limiter) {
        Set<Long> used = new TreeSet<>();
        for (LimitStatus status : limiter.status("acme", "chat")) {
            used.add(status.used());
        }
        return used;
    }

    private static Usage tokens(long tokens) {
        return Usage.of(Unit.TOKENS, tokens);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 16, 17, 40})
    void aCallThatThrowsHasChargedNothing(int tables) throws InterruptedException {
        InMemoryRateLimiter limiter = limiter(tables, false);
        BoundLimiter endpoint = limiter.bind("acme", "chat");
        long[] admitted = {0};
        atEveryDepth(
                () -> {
                    if (endpoint.tryAcquire(tokens(1)) instanceof Admitted) {
                        admitted[0]++;
                    }
                    if (limiter.tryAcquire("acme", "chat", tokens(1)) instanceof Admitted) {
                        admitted[0]++;
                    }
                },
                () -> assertThat(used(limiter)).containsExactly(admitted[0]));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 9})
    void aCallOfAMemberThatThrowsHasChargedNobody(int tables) throws InterruptedException {
        InMemoryRateLimiter limiter = limiter(tables, false);
        Caller caller = limiter.caller("acme").member("user", "u1", tier(tables));
        long[] admitted = {0};
        atEveryDepth(
                () -> {
                    if (limiter.tryAcquire(caller, "chat", tokens(1)) instanceof Admitted) {
                        admitted[0]++;
                    }
                },
                () -> assertThat(limiter.status(caller, "chat"))
                        .extracting(LimitStatus::used)
                        .containsOnly(admitted[0]));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 17})
    void aReservationThatThrowsHasChargedNothing(int tables) throws InterruptedException {
        InMemoryRateLimiter limiter = limiter(tables, false);
        Reservation[] last = {null};
        long[] made = {0};
        atEveryDepth(() -> last[0] = limiter.reserve("acme", "chat", tokens(1)), () -> {
            made[0] += last[0] == null ? 0 : 1;
            last[0] = null;
            assertThat(used(limiter)).containsExactly(made[0]);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 17})
    void whatIsAddedToAReservationBelongsToItOrIsNotCharged(int tables) throws InterruptedException {
        InMemoryRateLimiter limiter = limiter(tables, false);
        Reservation reservation = limiter.reserve("acme", "chat", tokens(2));
        assertThat(reservation.use(tokens(2)).isAdmitted()).isTrue();
        long[] charged = {2};
        atEveryDepth(
                () -> {
                    if (reservation.use(tokens(1)) instanceof Admitted) {
                        charged[0]++;
                    }
                },
                () -> assertThat(used(limiter)).containsExactly(charged[0]));
        assertThat(reservation.cancel()).isTrue();
        assertThat(used(limiter)).containsExactly(0L);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 17})
    void aReservationThatThrowsWhenItIsSettledCanBeSettledAgain(int tables) throws InterruptedException {
        InMemoryRateLimiter limiter = limiter(tables, false);
        Reservation[] open = {limiter.reserve("acme", "chat", tokens(10))};
        long[] actual = {7};
        long[] settled = {0};
        atEveryDepth(() -> settled[0] += open[0].settle(tokens(actual[0])) ? actual[0] : 0, () -> {
            settled[0] += open[0].settle(tokens(actual[0])) ? actual[0] : 0;
            assertThat(used(limiter)).containsExactly(settled[0]);
            open[0] = limiter.reserve("acme", "chat", tokens(10));
            actual[0] = 20 - actual[0];
        });
    }

    @Test
    void whatIsInFlightIsTakenAndEndsAsAWhole() throws InterruptedException {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("in flight")
                        .eachOtherEndpoint(ConcurrencyLimit.of(1_000_000, Duration.ofHours(1))))
                .table(LimitTable.named("calls").eachOtherEndpoint(Quota.lifetime(1_000_000)))
                .build();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        Reservation stays = limiter.reserve("acme", "chat", Usage.call());
        Reservation[] open = {limiter.reserve("acme", "chat", Usage.call()), null};
        long[] made = {2};
        atEveryDepth(
                () -> {
                    open[0].settle(Usage.call());
                    open[1] = limiter.reserve("acme", "chat", Usage.call());
                    stays.renew();
                },
                () -> {
                    open[0].settle(Usage.call());
                    made[0] += open[1] == null ? 0 : 1;
                    assertThat(limiter.status("acme", "chat"))
                            .extracting(LimitStatus::used)
                            .containsExactly(open[1] == null ? 1L : 2L, made[0]);
                    open[0] = open[1] == null ? open[0] : open[1];
                    open[1] = null;
                });
        assertThat(stays.cancel()).isTrue();
    }

    @Test
    void withListenersToo() throws InterruptedException {
        InMemoryRateLimiter limiter = limiter(5, true);
        Reservation reservation = limiter.reserve("acme", "chat", tokens(1));
        atEveryDepth(
                () -> {
                    limiter.tryAcquire("acme", "chat", tokens(1));
                    limiter.reserve("acme", "chat", tokens(1)).settle(tokens(2));
                    reservation.use(tokens(1));
                },
                () -> assertThat(used(limiter)).hasSize(1));
    }

    /**
     * Runs an action at every depth from the end of a stack on, until it has had room many times in a row; and after
     * each, at the top, a check. Several times, so that all is compiled in the end, and before that some of it.
     */
    private static void atEveryDepth(Runnable action, Runnable check) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        int depth = depth();
                        for (int inARow = 0; inARow < ENOUGH && depth > 0; depth--) {
                            inARow = hasRoom(depth, action) ? inARow + 1 : 0;
                            check.run();
                        }
                    }
                },
                "deep",
                STACK);
        thread.setUncaughtExceptionHandler((dead, thrown) -> failure.set(thrown));
        thread.start();
        thread.join();
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }

    private static boolean hasRoom(int depth, Runnable action) {
        try {
            dive(depth, action);
            return true;
        } catch (StackOverflowError deep) {
            return false;
        }
    }

    private static void dive(int depth, Runnable action) {
        if (depth == 0) {
            action.run();
        } else {
            dive(depth - 1, action);
        }
    }

    /** Returns the least depth at which a thread has no room for anything. */
    private static int depth() {
        int room = 0;
        int none = 1 << 20;
        while (none - room > 1) {
            int middle = (room + none) >>> 1;
            if (hasRoom(middle, () -> {})) {
                room = middle;
            } else {
                none = middle;
            }
        }
        return none;
    }
}
