package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A snapshot that the third version of the format wrote, as bytes, is read. It knew no members. */
@Tag("mutants")
class SnapshotVersion3Test {

    /** An organization with a bucket and with what is in flight. */
    private static final String SAMPLE = """
            524c494d534e415000000003000000e400000000679cbb400000000000000000679cbb41000000000001000000000461
            636d65000000020000000000000764656661756c7400000000057461626c650000000000046368617400000000056361
            6c6c73040000000000000001000000003b9aca0000000000000000050000000000000003000100000000076465666175
            6c7400000000057461626c6500000000000463686174000000000563616c6c7305000000020000000000000190000000
            000000000100000000000001f40000000000000002000000010000000005656d62656400000000000000000100000000
            00000002906f006e
            """;

    @Test
    void everythingThatWasWrittenIsRead() throws IOException {
        Instant noon = Instant.parse("2025-01-31T12:00:00Z");
        Scope chat = new Scope.Endpoint("chat");
        MeterKey bucket = new MeterKey("default", "table", chat, Unit.CALLS, new MeterKey.Bucket());
        MeterKey inFlight = new MeterKey("default", "table", chat, Unit.CALLS, new MeterKey.InFlight());
        List<SavedMeter> meters = List.of(
                new SavedMeter.Bucket(bucket, new Flow(1, 1_000_000_000L), 5, 3),
                new SavedMeter.InFlight(
                        inFlight, List.of(new SavedMeter.Flight(400, 1), new SavedMeter.Flight(500, 2))));
        assertThat(Snapshots.read(HexFormat.of().parseHex(SAMPLE.replace("\n", ""))))
                .isEqualTo(new Snapshots.Snapshot(
                        new SnapshotHeader(noon, noon.plusSeconds(1)),
                        List.of(new SavedOrganization("acme", meters, List.of("embed")))));
    }
}
