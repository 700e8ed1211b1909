package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A limiter that goes on where another was when it wrote a snapshot, in a process whose monotonic clock began elsewhere. */
class RestoreTest {

    private static final Instant START = Instant.parse("2025-01-31T12:00:00Z");

    private final ManualTime time = new ManualTime(START, Long.MAX_VALUE - 5);

    private static InMemoryRateLimiter.Builder builder(ManualTime time, Limit... limits) {
        Tier tier = Tier.named("tier").build();
        for (int i = 0; i < limits.length; i++) {
            tier = tier.withTable(LimitTable.named("table " + i).eachOther(limits[i]));
        }
        return InMemoryRateLimiter.builder().tier(tier).timeSource(time);
    }

    private static byte[] snapshot(InMemoryRateLimiter limiter) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        limiter.snapshot(out);
        return out.toByteArray();
    }

    private static InMemoryRateLimiter restore(InMemoryRateLimiter.Builder builder, byte[] snapshot)
            throws IOException {
        return builder.restore(new ByteArrayInputStream(snapshot));
    }

    @Test
    void windowsGoOnByTheTimeThatHasPassedByTheWallClock() throws IOException {
        RateLimit limit = RateLimit.perMinute(10);
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 4)).isAdmitted())
                .isTrue();
        time.advance(Duration.ofSeconds(20));
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 6));
        assertThat(reservation.settle(Usage.of(Unit.CALLS, 5))).isTrue();
        ManualTime later = new ManualTime(START.plusSeconds(50), 77);

        RateLimiter restored = restore(builder(later, limit), snapshot(limiter));

        assertThat(used(restored)).containsExactly(9L);
        later.advance(Duration.ofSeconds(10).minusNanos(1));
        assertThat(restored.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isFalse();
        later.advanceNanos(1);
        assertThat(used(restored)).containsExactly(5L);
        later.advance(Duration.ofSeconds(20));
        assertThat(used(restored)).containsExactly(0L);
    }

    @Test
    void aWallClockThatWasSetBackCountsAsNoTime() throws IOException {
        RateLimit limit = RateLimit.perMinute(1);
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        ManualTime earlier = new ManualTime(START.minusSeconds(3_600), 0);
        RateLimiter restored = restore(builder(earlier, limit), snapshot(limiter));
        earlier.advance(Duration.ofMinutes(1).minusNanos(1));
        assertThat(restored.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        earlier.advanceNanos(1);
        assertThat(restored.tryAcquire("acme", "chat").isAdmitted()).isTrue();
    }

    @Test
    void quotasGoOnUntilTheirPeriodIsOverByTheHighestTimeSeen() throws IOException {
        Limit[] limits = {Quota.perMonth(10), Quota.lifetime(Unit.CALLS, 100)};
        InMemoryRateLimiter limiter = builder(time, limits).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 7)).isAdmitted())
                .isTrue();
        byte[] january = snapshot(limiter);
        assertThat(used(restore(builder(new ManualTime(START.plusSeconds(3_600), 0), limits), january)))
                .containsExactly(7L, 7L);
        assertThat(used(restore(builder(new ManualTime(START.plusSeconds(43_200), 0), limits), january)))
                .containsExactly(0L, 7L);
        time.advance(Duration.ofHours(13));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        RateLimiter setBack = restore(builder(new ManualTime(START, 0), limits), snapshot(limiter));
        assertThat(used(setBack)).containsExactly(1L, 8L);
    }

    @Test
    void periodsOfNewOrganizationsGoByTheHighestTimeSeenBeforeTheRestart() throws IOException {
        Quota month = Quota.perMonth(10);
        InMemoryRateLimiter limiter = builder(time, month).build();
        time.advance(Duration.ofHours(13));
        assertThat(limiter.tryAcquire("globex", "chat").isAdmitted()).isTrue();
        RateLimiter setBack = restore(builder(new ManualTime(START, 0), month), snapshot(limiter));
        assertThat(setBack.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(setBack.status("acme", "chat").get(0).resetAfter())
                .contains(Duration.between(START, Instant.parse("2025-03-01T00:00:00Z")));
    }

    @Test
    void anOverrunIsStillToBePaidOff() throws IOException {
        RateLimit limit = RateLimit.of(Unit.TOKENS, 10, Duration.ofMinutes(1));
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10)).settle(Usage.of(Unit.TOKENS, 25)))
                .isTrue();
        RateLimiter restored = restore(builder(time, limit), snapshot(limiter));
        assertThat(restored.status("acme", "chat"))
                .extracting(LimitStatus::overrun)
                .containsExactly(15L);
        assertThat(restored.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void furtherEndpointsGoOnToShareTheirMeters() throws IOException {
        RateLimit limit = RateLimit.perMinute(1);
        InMemoryRateLimiter limiter =
                builder(time, limit).maxUnlistedEndpoints(1).build();
        assertThat(limiter.tryAcquire("acme", "own").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "further").isAdmitted()).isTrue();
        RateLimiter restored = restore(builder(time, limit), snapshot(limiter));
        assertThat(restored.tryAcquire("acme", "further").isAdmitted()).isFalse();
        assertThat(restored.tryAcquire("acme", "other").isAdmitted()).isFalse();
        assertThat(restored.tryAcquire("acme", "own").isAdmitted()).isFalse();
    }

    @Test
    void endpointsThatAllSharedMetersGoOnToDoSoWhereMoreMayHaveTheirOwn() throws IOException {
        RateLimit limit = RateLimit.perMinute(1);
        InMemoryRateLimiter limiter =
                builder(time, limit).maxUnlistedEndpoints(0).build();
        assertThat(limiter.tryAcquire("acme", "embed").isAdmitted()).isTrue();
        RateLimiter restored = restore(builder(time, limit).maxUnlistedEndpoints(5), snapshot(limiter));
        assertThat(restored.tryAcquire("acme", "embed").isAdmitted()).isFalse();
        assertThat(restored.tryAcquire("acme", "rerank").isAdmitted()).isFalse();
    }

    @Test
    void endpointsThatHaveMetersOfTheirOwnKeepThem() throws IOException {
        RateLimit limit = RateLimit.perMinute(10);
        InMemoryRateLimiter.Builder builder = builder(time, limit).maxUnlistedEndpoints(1);
        InMemoryRateLimiter limiter = builder.build();
        assertThat(limiter.tryAcquire("acme", "embed", Usage.of(Unit.CALLS, 10)).isAdmitted())
                .isTrue();
        RateLimiter restored = restore(builder, snapshot(limiter));
        assertThat(restored.tryAcquire("acme", "rerank").isAdmitted()).isTrue();
        assertThat(restored.tryAcquire("acme", "embed").isAdmitted()).isFalse();
        assertThat(restored.status("acme", "rerank").get(0).limit().scope().name())
                .isEqualTo("(further endpoints)");
    }

    @Test
    void whatIsDamagedIsRefused() throws IOException {
        InMemoryRateLimiter limiter = builder(time, RateLimit.perMinute(1)).build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        byte[] snapshot = snapshot(limiter);
        assertThatExceptionOfType(SnapshotException.class)
                .isThrownBy(() -> restore(builder(time), Arrays.copyOf(snapshot, snapshot.length - 1)));
    }

    @Test
    void aSnapshotFileIsReplacedAsAWhole(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("limits.snapshot");
        InMemoryRateLimiter limiter = builder(time, RateLimit.perMinute(5)).build();
        for (long calls = 1; calls <= 3; calls++) {
            assertThat(limiter.tryAcquire("acme", "chat")).isEqualTo(Decision.admitted());
            limiter.snapshot(file);
            assertThat(used(builder(time, RateLimit.perMinute(5)).restore(file)))
                    .containsExactly(calls);
        }
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    private static Iterable<Long> used(RateLimiter limiter) {
        return limiter.status("acme", "chat").stream().map(LimitStatus::used).toList();
    }
}
