package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** What holds by the true time where the monotonic clock's readings lag behind it. */
@Tag("mutants")
class LaggingTimeProperties {

    private static final int AMOUNT = 5;
    private static final long LAG = 100;
    private static final long WINDOW = 1_000;

    private static ManualTime time() {
        return new ManualTime(Instant.parse("2025-01-31T23:59:59.999995Z"), Long.MAX_VALUE - 50_000);
    }

    /** A clock that stands still until its reading is nearly as old as it may be. */
    private static final class Lagging implements TimeSource {

        private final ManualTime time;
        private final Random random;
        private long reading;

        Lagging(ManualTime time, Random random) {
            this.time = time;
            this.random = random;
            this.reading = time.nanoTime();
        }

        @Override
        public long nanoTime() {
            long now = time.nanoTime();
            if (now - reading >= random.nextLong(LAG)) {
                reading = now;
            }
            return reading;
        }

        @Override
        public Instant instant() {
            return time.instant();
        }

        @Override
        public Duration lag() {
            return Duration.ofNanos(LAG);
        }
    }

    private static InMemoryRateLimiterBuilder limiterOf(Limit limit, ManualTime time, Random random) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("table").eachOtherEndpoint(limit))
                        .build())
                .timeSource(new Lagging(time, random));
    }

    private static InMemoryRateLimiter restarted(InMemoryRateLimiter limiter, InMemoryRateLimiterBuilder builder)
            throws IOException {
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        limiter.snapshot(snapshot);
        return builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
    }

    @Property(tries = 200)
    void noWindowHoldsTooMuchAndAChargeIsHeldLongerByTwiceTheLagAtMostForItselfAndEachRestart(@ForAll Random random)
            throws IOException {
        RateLimit limit = RateLimit.of(Unit.CALLS, AMOUNT, Duration.ofNanos(WINDOW));
        ManualTime time = time();
        InMemoryRateLimiterBuilder builder = limiterOf(limit, time, random);
        InMemoryRateLimiter limiter = builder.build();
        List<Long> admitted = new ArrayList<>();
        long held = WINDOW + 2 * LAG;
        for (int i = 0; i < 500; i++) {
            time.advanceNanos(random.nextInt(150));
            if (random.nextInt(50) == 0) {
                limiter = restarted(limiter, builder);
                held += 2 * LAG;
            }
            boolean isAdmitted = limiter.tryAcquire("acme", "chat").isAdmitted();
            long now = time.nanoTime();
            long live = count(admitted, now, WINDOW);
            assertThat(isAdmitted && live == AMOUNT).isFalse();
            assertThat(isAdmitted || count(admitted, now, held) >= AMOUNT).isTrue();
            if (isAdmitted) {
                admitted.add(now);
            }
        }
    }

    @Property(tries = 200)
    void noSpanOfABucketHoldsTooMuchAndAUnitComesBackLaterByTwiceTheLagAtMost(@ForAll Random random)
            throws IOException {
        TokenBucket limit =
                TokenBucket.of(Unit.CALLS, 1, Duration.ofNanos(WINDOW)).withCapacity(AMOUNT);
        ManualTime time = time();
        InMemoryRateLimiterBuilder builder = limiterOf(limit, time, random);
        InMemoryRateLimiter limiter = builder.build();
        List<Long> admitted = new ArrayList<>();
        long longest = 2 * LAG;
        for (int i = 0; i < 500; i++) {
            time.advanceNanos(random.nextLong(WINDOW));
            if (random.nextInt(50) == 0) {
                limiter = restarted(limiter, builder);
                longest += 2 * LAG;
            }
            boolean isAdmitted = limiter.tryAcquire("acme", "chat").isAdmitted();
            long now = time.nanoTime();
            long owed = owed(admitted, now, 0);
            assertThat(isAdmitted && owed + WINDOW > AMOUNT * WINDOW).isFalse();
            assertThat(isAdmitted || owed(admitted, now, longest) + WINDOW > AMOUNT * WINDOW)
                    .isTrue();
            if (isAdmitted) {
                admitted.add(now);
            }
        }
    }

    /** Returns by how much the units from some charge on exceed what has flowed back since, if that begins later. */
    private static long owed(List<Long> admitted, long now, long later) {
        long most = 0;
        for (int i = admitted.size() - 1; i >= 0; i--) {
            long units = (long) admitted.size() - i;
            most = Math.max(most, units * WINDOW - Math.max(0, now - admitted.get(i) - later));
        }
        return most;
    }

    @Property(tries = 200)
    void noMoreIsInFlightThanMayBeAndACallCountsLongerByTwiceTheLagAtMostForItselfAndEachRestart(@ForAll Random random)
            throws IOException {
        ConcurrencyLimit limit = ConcurrencyLimit.of(AMOUNT, Duration.ofNanos(WINDOW));
        ManualTime time = time();
        InMemoryRateLimiterBuilder builder = limiterOf(limit, time, random);
        InMemoryRateLimiter limiter = builder.build();
        List<Long> admitted = new ArrayList<>();
        long held = WINDOW + 2 * LAG;
        for (int i = 0; i < 500; i++) {
            time.advanceNanos(random.nextInt(150));
            if (random.nextInt(50) == 0) {
                limiter = restarted(limiter, builder);
                held += 2 * LAG;
            }
            boolean isAdmitted =
                    limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted();
            long now = time.nanoTime();
            assertThat(isAdmitted && count(admitted, now, WINDOW) == AMOUNT).isFalse();
            assertThat(isAdmitted || count(admitted, now, held) >= AMOUNT).isTrue();
            if (isAdmitted) {
                admitted.add(now);
            }
        }
    }

    private static long count(List<Long> admitted, long now, long window) {
        return admitted.stream().filter(then -> now - then < window).count();
    }

    @Property(tries = 200)
    void noPeriodHoldsTooMuch(@ForAll Random random) {
        ManualTime time = time();
        Instant end = Instant.parse("2025-02-01T00:00:00Z");
        InMemoryRateLimiter limiter =
                limiterOf(Quota.perMonth(AMOUNT), time, random).build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        int used = 0;
        for (int i = 0; i < 500; i++) {
            time.advanceNanos(random.nextInt(50));
            if (time.instant().isBefore(end)) {
                limiter.peek("acme", "chat", Usage.call());
            } else if (limiter.tryAcquire("acme", "chat").isAdmitted()) {
                used++;
            }
        }
        assertThat(used).isEqualTo(AMOUNT);
    }
}
