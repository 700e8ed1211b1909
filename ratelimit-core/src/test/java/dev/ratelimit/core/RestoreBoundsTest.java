package dev.ratelimit.core;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a restored limiter keeps, and for how long, whatever its snapshot says. */
class RestoreBoundsTest {

    private static final Instant NOW = Instant.parse("2025-01-31T12:00:00Z");
    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("minutes").eachOtherEndpoint(RateLimit.perMinute(9)))
            .build();

    private ManualTime time = new ManualTime(NOW, Long.MAX_VALUE - 5);

    private InMemoryRateLimiter restore(InMemoryRateLimiterBuilder builder, Snapshots.Snapshot snapshot)
            throws IOException {
        return builder.tier(TIER).timeSource(time).restore(new ByteArrayInputStream(Snapshots.bytes(snapshot)));
    }

    /**
     * The longest that a meter may count by its own span: a window, or two periods, and what the rules of a zone may
     * add.
     */
    private static Duration longest(SavedMeter meter) {
        if (meter.key().span() instanceof MeterKey.Window window) {
            return window.length();
        }
        QuotaPeriod.Interval present = SavedMeter.Period.periods(meter.key()).at(NOW);
        return Duration.between(present.start(), present.end()).multipliedBy(2).plusHours(36);
    }

    /** A lifetime never ends. A bucket and what is in flight state their time themselves: their keys have no span. */
    private static boolean hasASpan(SavedMeter meter) {
        MeterKey.Span span = meter.key().span();
        return span instanceof MeterKey.Window
                || (span instanceof MeterKey.Period period && !period.period().equals(QuotaPeriod.lifetime()));
    }

    /**
     * Ages before now and after it, ends in any year, clocks that were doubted: nothing counts for longer than its
     * limit lets it.
     */
    @Test
    void noSnapshotLocksAnOrganizationForLongerThanItsLimitsDo() throws IOException {
        Random random = new Random(1);
        int organizations = 0;
        for (int i = 0; i < 3_000; i++) {
            for (SavedOrganization saved : Snapshots.random(random).organizations()) {
                List<SavedMeter> ending = saved.meters().stream()
                        .filter(RestoreBoundsTest::hasASpan)
                        .toList();
                Duration longest = ending.stream()
                        .map(RestoreBoundsTest::longest)
                        .max(Duration::compareTo)
                        .orElse(Duration.ZERO);
                time = new ManualTime(NOW, Long.MAX_VALUE - 5);
                InMemoryRateLimiter limiter = restore(
                        InMemoryRateLimiter.builder(),
                        new Snapshots.Snapshot(
                                new SnapshotHeader(NOW, NOW),
                                List.of(new SavedOrganization(saved.name(), ending, saved.endpoints()))));
                time.advance(longest);
                limiter.cleanUp();
                assertThat(limiter.stats().organizations()).as("%s", ending).isZero();
                organizations++;
            }
        }
        assertThat(organizations).isGreaterThan(5_000);
    }

    private static SavedOrganization organization(String name, long ageNanos) {
        MeterKey key = MeterKey.of(TIER.account(), TIER.limitsFor("chat").get(0));
        return new SavedOrganization(
                name, List.of(new SavedMeter.Window(key, List.of(new SavedMeter.Charge(ageNanos, 1)))), List.of());
    }

    private static Rejected refused(Decision decision) {
        return (Rejected) decision;
    }

    @Test
    void allOfWhichSomethingCountsAreKeptAndOthersTakeNoPlace() throws IOException {
        List<SavedOrganization> saved = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            saved.add(organization("counts " + i, 1));
            saved.add(organization("idle " + i, Duration.ofSeconds(59).toNanos()));
        }
        InMemoryRateLimiter limiter = restore(
                InMemoryRateLimiter.builder().maxOrganizations(3, CapacityPolicy.REFUSE),
                new Snapshots.Snapshot(new SnapshotHeader(NOW.minusSeconds(1), NOW.minusSeconds(1)), saved));

        assertThat(limiter.stats().organizations()).isEqualTo(5);
        assertThat(limiter.status("counts 4", "chat").get(0).used()).isEqualTo(1);
        assertThat(refused(limiter.tryAcquire("further", "chat")).cause()).isEqualTo(new CapacityReached(3));
        time.advance(Duration.ofMinutes(1));
        assertThat(limiter.tryAcquire("further", "chat").isAdmitted()).isTrue();
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isEqualTo(1);
    }

    @Test
    void aPeriodThatASnapshotDrawsOutEndsWithThePresentOne() throws IOException {
        Tier months = Tier.named("tier")
                .table(LimitTable.named("months").eachOtherEndpoint(Quota.of(Unit.CALLS, 9, QuotaPeriod.month(UTC))))
                .build();
        MeterKey key = MeterKey.of(months.account(), months.limitsFor("chat").get(0));
        QuotaPeriod.Interval drawnOut =
                new QuotaPeriod.Interval(Instant.parse("2025-01-01T00:00:00Z"), Instant.parse("2061-01-01T00:00:00Z"));
        SavedMeter saved = new SavedMeter.Period(key, drawnOut, 9, 0);
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(months)
                .timeSource(time)
                .restore(new ByteArrayInputStream(Snapshots.bytes(new Snapshots.Snapshot(
                        new SnapshotHeader(NOW, NOW),
                        List.of(new SavedOrganization("acme", List.of(saved), List.of()))))));

        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        time.advance(Duration.ofDays(2));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
    }
}
