package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds when many threads add to, settle and cancel reservations at once, on the clocks of the JVM. */
abstract class ReservationThreadScenarios {

    private static final int THREADS = 4;
    private static final int RESERVATIONS = 1_000;
    private static final int CALLS_PER_THREAD = 3_000;
    private static final int ESTIMATE = 10;

    private final RateLimiterContract contract;

    ReservationThreadScenarios(RateLimiterContract contract) {
        this.contract = contract;
    }

    /** A window and a quota that hold some tokens, and that no test outlasts. */
    private RateLimiter limiterOf(long tokens) {
        RateLimit hour = RateLimit.of(Unit.TOKENS, tokens, Duration.ofHours(1));
        Tier tier = Scenarios.tierOf(hour, Quota.lifetime(Unit.TOKENS, tokens));
        return contract.create(organization -> tier, TimeSource.system());
    }

    private static void assertUsed(RateLimiter limiter, long tokens) {
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsOnly(tokens);
    }

    private static Reservation usedUp(Reservation reservation) {
        Scenarios.useUp(reservation, Scenarios.tokens(ESTIMATE));
        return reservation;
    }

    private static List<Reservation> reservations(RateLimiter limiter) {
        return IntStream.range(0, RESERVATIONS)
                .mapToObj(i -> usedUp(limiter.reserve("acme", "chat", Scenarios.tokens(ESTIMATE))))
                .toList();
    }

    /**
     * Each thread wants each reservation to come to another number of tokens, one of them to nothing by cancelling it.
     * The one that comes first has more to do, so that they stay close together.
     */
    @Test
    void oneThreadEndsAReservationAndItsResultStands() throws Exception {
        RateLimiter limiter = limiterOf(1_000_000);
        List<Reservation> reservations = reservations(limiter);
        List<boolean[]> wins = Race.of(THREADS, thread -> {
            boolean[] won = new boolean[RESERVATIONS];
            for (int i = 0; i < RESERVATIONS; i++) {
                Reservation reservation = reservations.get(i);
                won[i] = thread == 0 ? reservation.cancel() : reservation.settle(Scenarios.tokens(wanted(thread, i)));
            }
            return won;
        });
        long used = 0;
        for (int i = 0; i < RESERVATIONS; i++) {
            int winners = 0;
            for (int thread = 0; thread < THREADS; thread++) {
                if (wins.get(thread)[i]) {
                    winners++;
                    used += wanted(thread, i);
                }
            }
            assertThat(winners).as("threads that ended reservation %d", i).isEqualTo(1);
        }
        assertUsed(limiter, used);
    }

    private static long wanted(int thread, int i) {
        return thread == 0 ? 0 : thread + i % (2 * ESTIMATE);
    }

    /** One thread settles while the others add: what was added before is replaced, and nothing is added after. */
    @Test
    void whatIsAddedWhileAReservationIsSettledIsReplacedOrRefused() throws Exception {
        RateLimiter limiter = limiterOf(1_000_000);
        List<Reservation> reservations = reservations(limiter);
        Race.of(THREADS, thread -> {
            for (int i = 0; i < RESERVATIONS; i++) {
                Reservation reservation = reservations.get(i);
                if (thread == 0) {
                    add(reservation, i % 5);
                    assertThat(reservation.settle(Scenarios.tokens(settled(i)))).isTrue();
                } else {
                    add(reservation, 30);
                }
            }
            return thread;
        });
        assertUsed(
                limiter,
                IntStream.range(0, RESERVATIONS).mapToLong(i -> settled(i)).sum());
    }

    /** Mostly less than was charged, now and then more. */
    private static long settled(int i) {
        return i % 20 == 0 ? 150 : i % 5;
    }

    /** Uses single tokens until a number of them are used or the reservation has ended. */
    private static void add(Reservation reservation, int tokens) {
        for (int i = 0; i < tokens; i++) {
            if (reservation.use(Scenarios.tokens(1)) instanceof Rejected rejected) {
                assertThat(rejected.cause()).isEqualTo(new ReservationEnded());
                return;
            }
        }
    }

    @Test
    void metersEndUpWithWhatWasSettled() throws Exception {
        RateLimiter limiter = limiterOf(1L << 53);
        List<Long> settled = Race.of(THREADS, thread -> settle(limiter, new Random(thread), 3 * ESTIMATE));
        assertUsed(limiter, settled.stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void settlingNoMoreThanWasReservedNeverOverruns() throws Exception {
        long amount = 5_000;
        RateLimiter limiter = limiterOf(amount);
        List<Long> settled = Race.of(THREADS, thread -> settle(limiter, new Random(thread), ESTIMATE));
        long used = settled.stream().mapToLong(Long::longValue).sum();
        assertUsed(limiter, used);
        assertThat(used).as("some were refused").isBetween(amount - THREADS * ESTIMATE, amount);
    }

    /** Reserves many times, cancels most of that and settles the others, and returns how many tokens they came to. */
    private static long settle(RateLimiter limiter, Random random, int most) {
        long settled = 0;
        for (int i = 0; i < CALLS_PER_THREAD; i++) {
            Reservation reservation = limiter.reserve("acme", "chat", Scenarios.tokens(ESTIMATE));
            Usage actual = Scenarios.tokens(random.nextInt(most + 1));
            if (random.nextInt(8) > 0) {
                reservation.cancel();
            } else if (reservation.settle(actual)) {
                settled += actual.amountOf(Unit.TOKENS);
            }
        }
        return settled;
    }
}
