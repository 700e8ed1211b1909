package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A limiter that goes on where another was when it wrote a snapshot, in a process whose monotonic clock began
 * elsewhere.
 */
@Tag("mutants")
class RestoreTest {

    private static final Instant START = Instant.parse("2025-01-31T12:00:00Z");

    private final ManualTime time = new ManualTime(START, Long.MAX_VALUE - 5);

    private static InMemoryRateLimiterBuilder builder(ManualTime time, Limit... limits) {
        Tier tier = Tier.named("tier").build();
        for (int i = 0; i < limits.length; i++) {
            tier = tier.withTable(LimitTable.named("table " + i).eachOtherEndpoint(limits[i]));
        }
        return InMemoryRateLimiter.builder().tier(tier).timeSource(time);
    }

    private static byte[] snapshot(InMemoryRateLimiter limiter) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        limiter.snapshot(out);
        return out.toByteArray();
    }

    private static InMemoryRateLimiter restore(InMemoryRateLimiterBuilder builder, byte[] snapshot) throws IOException {
        return builder.restore(new ByteArrayInputStream(snapshot));
    }

    @Test
    void anOrganizationThatComesTwiceIsRefused() {
        SavedOrganization acme = Snapshots.organization("acme", List.of());
        byte[] twice = Snapshots.bytes(
                new Snapshots.Snapshot(new SnapshotHeader(time.instant(), time.instant()), List.of(acme, acme)));
        assertThatExceptionOfType(SnapshotException.class)
                .isThrownBy(() -> restore(builder(time), twice))
                .withMessageContaining("name must be that of one organization: name=acme");
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
        time.advance(Duration.ofHours(11));
        Limit[] limits = {Quota.perMonth(10), Quota.lifetime(Unit.CALLS, 100)};
        InMemoryRateLimiter limiter = builder(time, limits).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 7)).isAdmitted())
                .isTrue();
        byte[] january = snapshot(limiter);
        Instant eleven = time.instant();
        assertThat(used(restore(builder(new ManualTime(eleven.plusSeconds(3_599), 0), limits), january)))
                .containsExactly(7L, 7L);
        assertThat(used(restore(builder(new ManualTime(eleven.plusSeconds(3_600), 0), limits), january)))
                .containsExactly(0L, 7L);
        time.advance(Duration.ofMinutes(90));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        Instant backByAnHour = time.instant().minusSeconds(3_600);
        assertThat(backByAnHour).isBefore(Instant.parse("2025-02-01T00:00:00Z"));
        assertThat(used(restore(builder(new ManualTime(backByAnHour, 0), limits), snapshot(limiter))))
                .containsExactly(1L, 8L);
    }

    @Test
    void aPauseOfMoreThanAnHourIsBelievedAMinuteLater() throws IOException {
        Limit[] limits = {Quota.perMonth(10), RateLimit.perDay(10)};
        InMemoryRateLimiter limiter = builder(time, limits).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 7)).isAdmitted())
                .isTrue();
        ManualTime later = new ManualTime(START.plusSeconds(43_200), 0);
        RateLimiter restored = restore(builder(later, limits), snapshot(limiter));
        assertThat(restored.status("acme", "chat"))
                .extracting(status -> status.resetAfter().orElseThrow())
                .containsExactly(Duration.ofHours(12), Duration.ofDays(1));
        later.advance(Duration.ofMinutes(1).minusNanos(1));
        assertThat(used(restored)).containsExactly(7L, 7L);
        later.advanceNanos(1);
        assertThat(used(restored)).containsExactly(0L, 7L);
    }

    /** It cannot be told from a wrong clock, and a window must not lose what it counts to that. */
    @Test
    void windowsGoOnAsIfNoTimeHadPassedAfterAPauseOfMoreThanAnHour() throws IOException {
        RateLimit limit = RateLimit.perDay(10);
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 7)).isAdmitted())
                .isTrue();
        time.advance(Duration.ofHours(1));
        byte[] snapshot = snapshot(limiter);
        ManualTime anHour = new ManualTime(time.instant().plusSeconds(3_600), 0);
        assertThat(restore(builder(anHour, limit), snapshot).status("acme", "chat"))
                .extracting(status -> status.resetAfter().orElseThrow())
                .containsExactly(Duration.ofHours(22));
        ManualTime longer = new ManualTime(time.instant().plusSeconds(3_600).plusNanos(1), 0);
        assertThat(restore(builder(longer, limit), snapshot).status("acme", "chat"))
                .extracting(status -> status.resetAfter().orElseThrow())
                .containsExactly(Duration.ofHours(23));
    }

    @Test
    void periodsOfNewOrganizationsGoByTheHighestTimeSeenBeforeTheRestart() throws IOException {
        Quota month = Quota.perMonth(10);
        time.advance(Duration.ofHours(12).plusMinutes(20));
        InMemoryRateLimiter limiter = builder(time, month).build();
        assertThat(limiter.tryAcquire("globex", "chat").isAdmitted()).isTrue();
        Instant january = time.instant().minusSeconds(2_400);
        RateLimiter setBack = restore(builder(new ManualTime(january, 0), month), snapshot(limiter));
        assertThat(setBack.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(setBack.status("acme", "chat").get(0).resetAfter())
                .contains(Duration.between(january, Instant.parse("2025-03-01T00:00:00Z")));
    }

    /** As after an update of the JVM: the saved end is another than that which the zone's rules say now. */
    @Test
    void aPeriodThatEndsOtherwiseByTheRulesOfItsZoneThatHoldNowIsInLaterSnapshotsToo() throws IOException {
        Quota month = Quota.perMonth(10);
        Instant february = Instant.parse("2025-02-01T00:00:00Z");
        Instant eleven = february.minusSeconds(3_600);
        MeterKey key = MeterKey.of("default", AppliedLimit.of("table 0", new Scope.Endpoint("chat"), month));
        SavedMeter saved = new SavedMeter.Period(
                key, new QuotaPeriod.Interval(START.minusSeconds(60), february.plusSeconds(3_600)), 7, 2);
        byte[] snapshot = Snapshots.bytes(new Snapshots.Snapshot(
                new SnapshotHeader(eleven, eleven),
                List.of(new SavedOrganization("acme", List.of(saved), List.of("chat")))));
        for (Instant wall : List.of(eleven, february.minusSeconds(1), february, february.plusSeconds(3_599))) {
            InMemoryRateLimiter limiter = restore(builder(new ManualTime(wall, 0), month), snapshot);
            assertThat(limiter.status("acme", "chat"))
                    .containsExactly(LimitStatus.of(
                            Tier.named("tier")
                                    .table(LimitTable.named("table 0").eachOtherEndpoint(month))
                                    .build()
                                    .limitsFor("chat")
                                    .get(0),
                            7,
                            2,
                            Optional.of(Duration.between(wall, february.plusSeconds(3_600)))));
            snapshot = snapshot(limiter);
        }
    }

    @Test
    void aPeriodThatIsOverIsInNoSnapshot() throws IOException {
        InMemoryRateLimiter limiter = builder(time, Quota.perMonth(10)).build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        time.advance(Duration.ofHours(12).minusNanos(1));
        assertThat(Snapshots.read(snapshot(limiter)).organizations()).hasSize(1);
        time.advanceNanos(1);
        assertThat(Snapshots.read(snapshot(limiter)).organizations()).isEmpty();
    }

    /**
     * Names of one hash, of which one alone is more than a block: so the stream is written to while there are others to
     * come.
     */
    private static final String LONG = "x".repeat(20_000);

    private static byte[] snapshot(InMemoryRateLimiter limiter, Runnable meanwhile) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        limiter.snapshot(new OutputStream() {
            private int writes;

            @Override
            public void write(int b) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void write(byte[] written, int offset, int length) {
                bytes.write(written, offset, length);
                if (writes++ == 1) { // the first has the beginning of the file
                    meanwhile.run();
                }
            }
        });
        return bytes.toByteArray();
    }

    @Test
    void anOrganizationThatIsForgottenAndCallsAgainDuringASnapshotIsInItOnce() throws IOException {
        RateLimit limit = RateLimit.perMinute(5);
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.tryAcquire("Aa" + LONG, "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("BB" + LONG, "chat").isAdmitted()).isTrue();
        byte[] snapshot = snapshot(limiter, () -> {
            limiter.admin().forget("Aa" + LONG);
            assertThat(limiter.tryAcquire("Aa" + LONG, "chat").isAdmitted()).isTrue();
        });
        InMemoryRateLimiter restored = restore(builder(time, limit), snapshot);
        assertThat(restored.stats().organizations()).isEqualTo(2);
        assertThat(restore(builder(time, limit), snapshot(limiter)).stats().organizations())
                .isEqualTo(2);
    }

    @Test
    void whatWasGrantedIsInASnapshotDuringWhichItsOrganizationIsReset() throws IOException {
        Quota month = Quota.perMonth(10);
        InMemoryRateLimiter limiter = builder(time, month).build();
        AppliedLimit granted = limiter.status("BB" + LONG, "chat").get(0).applied();
        assertThat(limiter.tryAcquire("Aa" + LONG, "chat").isAdmitted()).isTrue();
        limiter.admin().grant("BB" + LONG, granted, 5);
        byte[] snapshot = snapshot(limiter, () -> limiter.admin().reset("BB" + LONG));
        assertThat(restore(builder(time, month), snapshot).status("BB" + LONG, "chat"))
                .extracting(LimitStatus::granted)
                .containsExactly(5L);
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
        InMemoryRateLimiterBuilder builder = builder(time, limit).maxUnlistedEndpoints(1);
        InMemoryRateLimiter limiter = builder.build();
        assertThat(limiter.tryAcquire("acme", "embed", Usage.of(Unit.CALLS, 10)).isAdmitted())
                .isTrue();
        RateLimiter restored = restore(builder, snapshot(limiter));
        assertThat(restored.tryAcquire("acme", "rerank").isAdmitted()).isTrue();
        assertThat(restored.tryAcquire("acme", "embed").isAdmitted()).isFalse();
        assertThat(restored.status("acme", "rerank").get(0).applied().scope().name())
                .isEqualTo("(further endpoints)");
    }

    @Test
    void bucketsGoOnByTheTimeThatHasPassedByTheWallClock() throws IOException {
        TokenBucket limit = TokenBucket.perMinute(60).withCapacity(10);
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 10)).isAdmitted())
                .isTrue();
        time.advance(Duration.ofMillis(500));
        ManualTime later = new ManualTime(time.instant().plusSeconds(3), 7);
        RateLimiter restored = restore(builder(later, limit), snapshot(limiter));
        assertThat(restored.status("acme", "chat").get(0))
                .returns(7L, LimitStatus::used)
                .returns(Optional.of(Duration.ofMillis(500)), LimitStatus::nextReleaseAfter)
                .returns(Optional.of(Duration.ofMillis(6_500)), LimitStatus::resetAfter);
        InMemoryRateLimiter full = restore(builder(new ManualTime(START.plusSeconds(11), 7), limit), snapshot(limiter));
        assertThat(full.stats().organizations()).isZero();
    }

    @Test
    void whatIsInFlightLastsToItsEnd() throws IOException {
        ConcurrencyLimit limit = ConcurrencyLimit.of(2, Duration.ofMinutes(10));
        InMemoryRateLimiter limiter = builder(time, limit).build();
        Reservation lost = limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 2));
        byte[] snapshot = snapshot(limiter);
        assertThat(lost.cancel()).isTrue();
        ManualTime later = new ManualTime(START.plusSeconds(240), 7);
        InMemoryRateLimiter restored = restore(builder(later, limit), snapshot);
        assertThat(restored.tryAcquire("acme", "chat"))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.retryAfter()).contains(Duration.ofMinutes(6)));
        restored.cleanUp();
        later.advance(Duration.ofMinutes(6));
        assertThat(used(restored)).containsExactly(0L);
    }

    @Test
    void fixedWindowsGoOnToTheirEnds() throws IOException {
        Quota limit = Quota.of(Unit.CALLS, 10, QuotaPeriod.every(Duration.ofMinutes(15)));
        InMemoryRateLimiter limiter = builder(time, limit).build();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 4)).isAdmitted())
                .isTrue();
        ManualTime later = new ManualTime(START.plusSeconds(600), 7);
        RateLimiter restored = restore(builder(later, limit), snapshot(limiter));
        assertThat(used(restored)).containsExactly(4L);
        later.advance(Duration.ofMinutes(5));
        assertThat(used(restored)).containsExactly(0L);
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
