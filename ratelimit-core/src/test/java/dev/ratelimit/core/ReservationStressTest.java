package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Many threads that reserve and settle on the same meters: what is used in the end is what was settled, to the unit.
 */
class ReservationStressTest {

    private static final int THREADS = 4;
    private static final int CALLS = 150_000;
    private static final long MANY = 1L << 50;

    @Test
    void whatIsUsedInTheEndIsWhatWasSettled() throws Exception {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("per hour")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, MANY, Duration.ofHours(1))))
                .table(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, MANY)))
                .build();
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        long settled = inParallel(() -> reserveAndSettle(limiter, CALLS));
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(settled, settled);
    }

    @Test
    void whatIsUsedInTheEndIsWhatWasSettledHoweverManyMarksThereAre() throws Exception {
        RateLimit exact = new RateLimit(Unit.TOKENS, MANY, Duration.ofHours(1), Precision.EXACT);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("per hour").eachOtherEndpoint(exact))
                .build();
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        long settled = inParallel(() -> reserveAndSettle(limiter, CALLS / 10));
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(settled);
    }

    @Test
    void whatIsGivenBackIsNeverTakenFromWhatStayed() throws Exception {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("per hour")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 100, Duration.ofHours(1))))
                .build();
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 60));
        long wrong = inParallel(() -> {
            long seen = 0;
            for (int i = 0; i < CALLS / 10; i++) {
                limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10)).cancel();
                long used = limiter.status("acme", "chat").get(0).used();
                boolean fits =
                        limiter.peek("acme", "chat", Usage.of(Unit.TOKENS, 60)).isAdmitted();
                seen += used < 60 || used > 100 || fits ? 1 : 0;
            }
            return seen;
        });
        assertThat(wrong).isZero();
    }

    /** Two threads meet before each reservation, so that they often end it at the same moment. */
    @Test
    void onlyOneOfTwoThreadsEndsAReservation() throws Exception {
        int reservations = 50_000;
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, MANY)))
                        .build())
                .build();
        Reservation[] open = new Reservation[reservations];
        Arrays.setAll(open, i -> limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10)));
        AtomicInteger arrived = new AtomicInteger();
        AtomicInteger settled = new AtomicInteger();
        int cancelled = 0;
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<?> settling = threads.submit(() -> {
                for (int i = 0; i < reservations; i++) {
                    meet(arrived, i);
                    settled.addAndGet(open[i].settle(Usage.of(Unit.TOKENS, 3)) ? 1 : 0);
                }
            });
            for (int i = 0; i < reservations; i++) {
                meet(arrived, i);
                cancelled += open[i].cancel() ? 1 : 0;
            }
            settling.get();
        } finally {
            threads.shutdown();
        }
        assertThat(settled.get() + cancelled).isEqualTo(reservations);
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(3L * settled.get());
    }

    private static void meet(AtomicInteger arrived, int round) {
        arrived.incrementAndGet();
        for (int spins = 0; arrived.get() < 2 * (round + 1); spins++) {
            if (spins < 10_000) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(1_000); // the other thread may need this core
            }
        }
    }

    /** Settles each call some calls later, for less or more or not at all, and returns the sum. */
    private static long reserveAndSettle(RateLimiter limiter, int calls) {
        SplittableRandom random = new SplittableRandom();
        ArrayDeque<Reservation> open = new ArrayDeque<>();
        long settled = 0;
        for (int i = 0; i < calls; i++) {
            open.add(limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10)));
            while (open.size() > random.nextInt(8)) {
                Reservation reservation = open.remove();
                int actual = random.nextInt(16);
                if (actual == 0) {
                    assertThat(reservation.cancel()).isTrue();
                } else {
                    reservation.use(Usage.of(Unit.TOKENS, 12));
                    assertThat(reservation.settle(Usage.of(Unit.TOKENS, actual)))
                            .isTrue();
                    settled += actual;
                }
            }
        }
        return settled + 10L * open.size();
    }

    private static long inParallel(Callable<Long> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            long sum = 0;
            for (Future<Long> done : threads.invokeAll(Collections.nCopies(THREADS, work))) {
                sum += done.get();
            }
            return sum;
        } finally {
            threads.shutdown();
        }
    }
}
