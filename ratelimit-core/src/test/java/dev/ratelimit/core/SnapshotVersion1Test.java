package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Snapshots that the first version of the format wrote, as bytes, are read and gone on with. */
@Tag("mutants")
class SnapshotVersion1Test {

    /** Two organizations, one with a window and a period from the 31st. */
    private static final String SAMPLE = """
            524c494d534e415000000001000001a500000000679cbb400000000100000000679cbb41000000010100000000046163
            6d65000000020000000000000764656661756c7400000000057461626c6500000000000463686174000000000563616c
            6c73000000000df8475800000000020000000dbcac8e000000000000000003fffffffffffffffb000000000000000100
            0100000000056f74686572000000000f63616c6c7320706572206d6f6e7468010000000003616c6c0000000006746f6b
            656e7301021f0000000000000000000000000c4166726963612f436169726f00000000679bf660000000000000000067
            c0e060000000000000000000000011000000000000000500000000010100000002d80000000001000200000000076465
            6661756c7400000000057461626c6500000000000463686174000000000563616c6c7302ff8fe3101464140000000000
            00701cd2fa9578ff3b9ac9ff200000000000000000000000000000000000000001000000000000000001000000000002
            0000000dbcac8e000000000000000003fffffffffffffffb000000000000000100000000000000000000000003000000
            00000000044f5f76df
            """;

    /**
     * At noon of 31 January 2025, "acme" has made 4 of 10 calls of "chat" a day, and one of "embed" within a minute.
     */
    private static final String FOUR_CALLS = """
            524c494d534e415000000001000000ea00000000679cbb400000000000000000679cbb40000000000100000000046163
            6d65000000020000000000000764656661756c74000000000563616c6c73000000000005656d626564000000000563616c
            6c73000000000df847580000000001000000000000000000000000000000010001000000000764656661756c74000000
            000563616c6c7300000000000463686174000000000563616c6c73010001000000000000000000000000015a00000000
            679c12800000000000000000679d64000000000000000000000000040000000000000000000000000000000000000000
            0100000000000000021bd79d28
            """;

    /** The wall clock had once shown 2038, and was right again; then "acme" made a call. */
    private static final String ONCE_IN_2038 = """
            524c494d534e415000000001000000ea00000000679cbb40000000000000000080000000000000000100000000046163
            6d65000000020000000000000764656661756c74000000000563616c6c73000000000005656d626564000000000563616c
            6c73000000000df847580000000001000000000000000000000000000000010001000000000764656661756c74000000
            000563616c6c7300000000000463686174000000000563616c6c73010001000000000000000000000000015a00000000
            7fffd2800000000000000000800124000000000000000000000000010000000000000000000000000000000000000000
            010000000000000002f5049254
            """;

    private static final Instant NOON = Instant.parse("2025-01-31T12:00:00Z");

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls")
                    .each(Quota.of(Unit.CALLS, 10, QuotaPeriod.day(ZoneOffset.UTC)), "chat")
                    .each(RateLimit.perMinute(5), "embed"))
            .build();

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace("\n", ""));
    }

    private static InMemoryRateLimiter restore(String hex, ManualTime time) throws IOException {
        return InMemoryRateLimiter.builder().tier(TIER).timeSource(time).restore(new ByteArrayInputStream(bytes(hex)));
    }

    @Test
    void everythingThatWasWrittenIsRead() throws IOException {
        MeterKey minute = Snapshots.key("chat", Duration.ofMinutes(1));
        MeterKey month = new MeterKey(
                "other",
                "calls per month",
                new Scope.Group("all"),
                Unit.TOKENS,
                new MeterKey.Period(QuotaPeriod.monthFrom(31, ZoneId.of("Africa/Cairo"))));
        SavedMeter window = new SavedMeter.Window(
                minute, List.of(new SavedMeter.Charge(59_000_000_000L, 3), new SavedMeter.Charge(-5, 1)));
        QuotaPeriod.Interval bounds =
                new QuotaPeriod.Interval(Instant.parse("2025-01-30T22:00:00Z"), Instant.parse("2025-02-27T22:00:00Z"));
        Instant taken = NOON.plusNanos(1);
        long untilEnd = Duration.between(taken, bounds.end()).toNanos();
        SavedMeter period =
                new SavedMeter.Period(month, new SavedMeter.Span(bounds, untilEnd), 17, 5, 0, List.of(), List.of());
        assertThat(Snapshots.read(bytes(SAMPLE)))
                .isEqualTo(new Snapshots.Snapshot(
                        new SnapshotHeader(taken, taken.plusSeconds(1)),
                        List.of(
                                Snapshots.organization("acme", List.of(window, period)),
                                Snapshots.organization("\uD800", List.of(Snapshots.lifetime("chat", 1L << 61))),
                                Snapshots.organization("", List.of(window)))));
    }

    @Test
    void aLimiterGoesOnWithWhatIsUsed() throws IOException {
        ManualTime time = new ManualTime(NOON.plusSeconds(30), 0);
        InMemoryRateLimiter limiter = restore(FOUR_CALLS, time);
        assertThat(limiter.status("acme")).extracting(LimitStatus::used).containsExactly(4L, 1L);
        time.advance(Duration.ofHours(12).minusSeconds(30));
        assertThat(limiter.status("acme")).extracting(LimitStatus::used).containsExactly(0L, 0L);
    }

    @Test
    void aWallClockThatOnceShowed2038LocksNothing() throws IOException {
        ManualTime time = new ManualTime(NOON, 0);
        InMemoryRateLimiter limiter = restore(ONCE_IN_2038, time);
        assertThat(limiter.status("acme", "chat").get(0))
                .returns(1L, LimitStatus::used)
                .returns(Duration.ofHours(12), status -> status.resetAfter().orElseThrow());
        time.advance(Duration.ofHours(12));
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
        time.advance(Duration.ofHours(12));
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isZero();
    }
}
