package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.MeterKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A snapshot that the second version of the format wrote, as bytes, is read. */
@Tag("mutants")
class SnapshotVersion2Test {

    /** An organization with a window, and with periods of every form that there was. */
    private static final String SAMPLE = """
            524c494d534e415000000002000003c600000000679cbb400000000000000000679cbb41000000000100000000000000
            0000000000000000000000000701000000000461636d65000000070000000000000764656661756c7400000000057461
            626c6500000000000463686174000000000563616c6c73000000000df8475800000000020000000dbcac8e0000000000
            00000003fffffffffffffffb00000000000000010001000000000764656661756c7400000000057461626c6500000000
            000463686174000000000563616c6c730100010000000000000000000000000c4166726963612f436169726f00000000
            679bf6600000000000000000679d47e000000000000020bde73640000000000000000001000000000000000001000000
            00000000010100000000679bf6600000000000000000679d47e000000000000020bde7364000010100000000679bf660
            0000000000000000679d47e000000000000020bde7364000000000000000000400000000000000020000000000000003
            0002000000000764656661756c7400000000057461626c6500000000000463686174000000000563616c6c7301010100
            00000000000000000000000c4166726963612f436169726f000000006796b0600000000000000000679feae000000000
            0000bde709d4400000000000000000020000000000000000000003000000000764656661756c7400000000057461626c
            6500000000000463686174000000000563616c6c730102010000000000000000000000000c4166726963612f43616972
            6f00000000677469600000000000000000679d47e000000000000020bde7364000000000000000000300000000000000
            00000004000000000764656661756c7400000000057461626c6500000000000463686174000000000563616c6c730102
            1000004cf178f2b001000000000c4166726963612f436169726f0000000067897a58000000010000000067b258d80000
            000100050863e3c9f00100000000000000040000000000000000000005000000000764656661756c7400000000057461
            626c6500000000000463686174000000000563616c6c73010301000000000000000000000000015a0000000067748580
            00000000000000006955b900000000000066ad1fddb98000000000000000000500000000000000000000060000000007
            64656661756c7400000000057461626c6500000000000463686174000000000563616c6c7302ff8fe310146414000000
            000000701cd2fa9578ff3b9ac9ff40000000000000000000000000000007000000000000000200000000010000000005
            656d6265640000000000000000010000000000000007f2d92640
            """;

    private static final Instant NOON = Instant.parse("2025-01-31T12:00:00Z");
    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    @Test
    void everythingThatWasWrittenIsRead() throws IOException {
        MeterKey minute = Snapshots.key("chat", Duration.ofMinutes(1));
        List<SavedMeter> meters = new ArrayList<>();
        meters.add(new SavedMeter.Window(
                minute, List.of(new SavedMeter.Charge(59_000_000_000L, 3), new SavedMeter.Charge(-5, 1))));
        List<QuotaPeriod> periods = List.of(
                QuotaPeriod.day(CAIRO),
                QuotaPeriod.week(CAIRO),
                QuotaPeriod.month(CAIRO),
                QuotaPeriod.monthFrom(Instant.parse("2025-01-16T21:30:00.000000001Z"), CAIRO),
                QuotaPeriod.year(ZoneOffset.UTC));
        for (int i = 0; i < periods.size(); i++) {
            MeterKey key = Snapshots.key("chat", periods.get(i));
            SavedMeter.Span span = SavedMeter.Span.until(periods.get(i).at(NOON), NOON);
            meters.add(
                    i == 0
                            ? new SavedMeter.Period(
                                    key,
                                    span,
                                    1,
                                    0,
                                    1,
                                    List.of(span),
                                    List.of(new SavedMeter.Kept(List.of(span), 4, 2, 3)))
                            : new SavedMeter.Period(key, span, i + 1, 0, 0, List.of(), List.of()));
        }
        meters.add(new SavedMeter.Period(
                Snapshots.key("chat", QuotaPeriod.lifetime()),
                new QuotaPeriod.Interval(Instant.MIN, Instant.MAX),
                7,
                2));
        assertThat(Snapshots.read(HexFormat.of().parseHex(SAMPLE.replace("\n", ""))))
                .isEqualTo(new Snapshots.Snapshot(
                        new SnapshotHeader(NOON, NOON.plusSeconds(1), Instant.EPOCH, 7),
                        List.of(new SavedOrganization("acme", meters, List.of("embed")))));
    }

    /** Its meters of later kinds had numbers that it did not know. */
    @Test
    void whatItDidNotKnowIsNotReadAsItsOwn() throws IOException {
        byte[] later = Snapshots.bytes(Snapshots.sample());
        later[11] = 2;
        Snapshots.assertRefused(SnapshotSeal.reseal(later), "organization ");
    }
}
