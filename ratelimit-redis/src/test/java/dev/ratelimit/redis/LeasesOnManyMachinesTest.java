package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What leases of several machines serve together. */
class LeasesOnManyMachinesTest extends ServedTest {

    private static final int STEPS = 3_000;
    private static final RateLimit SHORT = RateLimit.of(Unit.CALLS, 150, Duration.ofMillis(50));
    private static final RateLimit LONG = RateLimit.of(Unit.CALLS, 450, Duration.ofMillis(200));
    private static final Quota DAY = Quota.of(Unit.CALLS, 1_200, QuotaPeriod.day(ZoneOffset.UTC));
    private static final Tier TIER = tierOf(SHORT, LONG, DAY);

    /** Units, and the server's time when they were served. */
    private record Served(long micros, Instant wall, long units) {}

    /** A limiter on a machine. */
    private record Node(RedisRateLimiter limiter, Machine machine) {}

    private final List<Served> served = new ArrayList<>();

    private Node node(ServerTime serverTime, Random random) {
        Machine machine = new Machine(time, random.nextInt(21) - 10L);
        Duration lease = Duration.ofMillis(1L + random.nextInt(60));
        RedisRateLimiter limiter = limiter(builder()
                .tier(TIER)
                .time(serverTime)
                .leases(1L + random.nextInt(40), lease)
                .leaseTime(machine, machine));
        return new Node(limiter, machine);
    }

    /**
     * Bursts and pauses, machines that are lost or closed and replaced, reservations that are cancelled, and the end of
     * a day.
     */
    @RepeatedTest(2)
    void noWindowAndNoDayHoldsMoreThanTheAmountHoweverFastClocksRun(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        time.setWall(Instant.parse("2025-01-01T23:59:59.400Z"));
        ServerTime serverTime = ServerTime.supplied(time); // one, since each counts windows from when it was made
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            nodes.add(node(serverTime, random));
        }
        forgetCounts();
        int calls = 0;
        for (int step = 0; step < STEPS; step++) {
            int which = random.nextInt(nodes.size());
            Node node = nodes.get(which);
            int event = random.nextInt(400);
            if (event == 0) {
                node.limiter.close();
            }
            if (event <= 1) {
                nodes.set(which, node(serverTime, random));
            } else if (event < 20) {
                node.limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 2)).cancel();
            } else {
                long units = 1L + random.nextInt(3);
                calls++;
                if (node.limiter
                        .tryAcquire("acme", "chat", Usage.of(Unit.CALLS, units))
                        .isAdmitted()) {
                    served.add(new Served(time.nanoTime() / 1_000, time.instant(), units));
                }
            }
            int pause = random.nextInt(20);
            time.advance(Duration.ofNanos(1_000L * (pause == 0 ? random.nextInt(9_000) : random.nextInt(300))));
            if (random.nextBoolean()) {
                nodes.forEach(one -> one.machine.ring());
            }
        }
        assertThat(fullest(50_000)).as("short window").isBetween(100L, 150L);
        assertThat(fullest(200_000)).as("long window").isBetween(300L, 450L);
        Instant midnight = Instant.parse("2025-01-02T00:00:00Z");
        assertThat(unitsIn(midnight.minusSeconds(86_400), midnight))
                .as("first day")
                .isBetween(300L, 1_200L);
        assertThat(unitsIn(midnight, midnight.plusSeconds(86_400)))
                .as("second day")
                .isBetween(300L, 1_200L);
        assertThat(sent("evalsha"))
                .as("round trips, of reservations and of what is given back too")
                .isLessThan(calls);
    }

    private long unitsIn(Instant from, Instant to) {
        return served.stream()
                .filter(one -> !one.wall.isBefore(from) && one.wall.isBefore(to))
                .mapToLong(Served::units)
                .sum();
    }

    /** Returns the most that was served in any window of so many microseconds. */
    private long fullest(long window) {
        long most = 0;
        long sum = 0;
        int oldest = 0;
        for (Served one : served) {
            sum += one.units;
            for (; served.get(oldest).micros <= one.micros - window; oldest++) {
                sum -= served.get(oldest).units;
            }
            most = Math.max(most, sum);
        }
        return most;
    }

    /**
     * By the clocks and the timer of this machine: leases of 5 milliseconds end, are used up and are given back in
     * every order.
     */
    @Test
    void whatIsChargedInTheEndIsExactlyWhatWasServedByManyThreads() {
        Tier tier = tierOf(Quota.lifetime(Unit.CALLS, 9_000), RateLimit.perHour(1_000_000));
        AtomicInteger admitted = new AtomicInteger();
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        List<RedisRateLimiter> limiters = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            RedisRateLimiter limiter = limiter(builder().tier(tier).leases(7, Duration.ofMillis(5)));
            limiters.add(limiter);
            for (int j = 0; j < 3; j++) {
                int thread = j;
                threads.add(CompletableFuture.runAsync(() -> admitted.addAndGet(admittedOf(limiter, thread))));
            }
        }
        threads.forEach(CompletableFuture::join);
        limiters.forEach(RedisRateLimiter::close);
        assertThat(limiter(builder().tier(tier)).status("acme", "chat"))
                .extracting(status -> status.used())
                .containsOnly((long) admitted.get());
        assertThat(admitted.get()).isBetween(8_900, 9_000);
    }

    private static int admittedOf(RedisRateLimiter limiter, int thread) {
        int admitted = 0;
        for (int i = 0; i < 3_000; i++) {
            int units = 1 + (thread + i) % 3;
            if (limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, units)).isAdmitted()) {
                admitted += units;
            }
        }
        return admitted;
    }
}
