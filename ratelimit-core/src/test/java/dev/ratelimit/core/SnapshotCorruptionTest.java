package dev.ratelimit.core;

import static dev.ratelimit.core.Snapshots.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.core.Snapshots.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is damaged is refused, with a message that says why and where. */
class SnapshotCorruptionTest {

    private final byte[] sample = Snapshots.bytes(Snapshots.sample());

    @Test
    void aSnapshotCutShortAnywhereIsRefused() {
        for (int length = 0; length < sample.length; length++) {
            assertRefused(Arrays.copyOf(sample, length), "must not be cut short (at byte " + length + ")");
        }
    }

    @Test
    void aSnapshotCutShortBetweenBlocksIsRefused() {
        byte[] payload = SnapshotSeal.payload(sample);
        byte[] blocks = SnapshotSeal.snapshot(payload, 8);
        for (int length = SnapshotSeal.START; length < blocks.length; length += 16) {
            assertRefused(Arrays.copyOf(blocks, length), "must not be cut short");
        }
    }

    @Test
    void everyFlippedBitIsNoticed() {
        for (int i = 0; i < sample.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = sample.clone();
                flipped[i] ^= (byte) (1 << bit);
                assertRefused(flipped, "must");
            }
        }
    }

    @Test
    void blocksThatAreLeftOutRepeatedOrSwappedAreNoticed() {
        byte[] blocks = SnapshotSeal.snapshot(SnapshotSeal.payload(sample), 40);
        int from = SnapshotSeal.START + 48;
        assertThat(blocks).hasSizeGreaterThan(from + 3 * 48);
        ByteBuffer without = ByteBuffer.allocate(blocks.length - 48);
        without.put(blocks, 0, from).put(blocks, from + 48, blocks.length - from - 48);
        assertRefused(without.array(), "check must be that of the bytes before it");
        ByteBuffer twice = ByteBuffer.allocate(blocks.length + 48);
        twice.put(blocks, 0, from + 48).put(blocks, from, blocks.length - from);
        assertRefused(twice.array(), "check must be that of the bytes before it");
        ByteBuffer swapped = ByteBuffer.allocate(blocks.length);
        swapped.put(blocks, 0, from).put(blocks, from + 48, 48).put(blocks, from, 48);
        swapped.put(blocks, from + 96, blocks.length - from - 96);
        assertRefused(swapped.array(), "check must be that of the bytes before it");
    }

    @Test
    void whatIsNoSnapshotIsRefused() {
        assertRefused(
                "[x] no snapshot".getBytes(StandardCharsets.UTF_8), "must begin with the letters RLIMSNAP (at byte 0)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, -1})
    void anotherVersionIsRefusedNamingBoth(int version) {
        ByteBuffer.wrap(sample).putInt(8, version);
        assertRefused(
                SnapshotSeal.reseal(sample),
                "version must be one that this release reads, up to 4: version=" + Integer.toUnsignedString(version),
                "(at byte 8)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16_385, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void aBlockLengthOutOfRangeIsRefused(int length) {
        ByteBuffer.wrap(sample).putInt(SnapshotSeal.START, length);
        assertRefused(
                sample,
                "length of a block must be between 1 and 16384: length=" + Integer.toUnsignedString(length),
                "(at byte 12)");
    }

    @Test
    void bytesBehindTheEndAreRefused() {
        byte[] longer = Arrays.copyOf(sample, sample.length + 1);
        assertRefused(longer, "nothing must follow the end of a snapshot");
        byte[] payload = SnapshotSeal.payload(sample);
        byte[] inTheBlock = SnapshotSeal.snapshot(Arrays.copyOf(payload, payload.length + 1), 1_000);
        assertRefused(inTheBlock, "nothing must follow the end of a snapshot");
    }

    @Test
    void troubleOfTheStreamIsNoDamageOfTheSnapshot() {
        InputStream broken = new FilterInputStream(new ByteArrayInputStream(sample, 0, 100)) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (in.available() == 0) {
                    throw new IOException("unplugged");
                }
                return in.read(bytes, offset, length);
            }
        };
        assertThatThrownBy(() -> Snapshots.read(broken))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("unplugged");
    }

    @Test
    void aStreamThatGivesAByteAtATimeIsRead() throws IOException {
        InputStream slow = new FilterInputStream(new ByteArrayInputStream(sample)) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return in.read(bytes, offset, Math.min(length, 1));
            }
        };
        assertThat(Snapshots.read(slow)).isEqualTo(Snapshots.sample());
    }

    @Test
    void whatTheConsumerRefusesIsSaidWithItsPlace() {
        SavedOrganization acme = Snapshots.organization("acme", List.of());
        SnapshotHeader header = new SnapshotHeader(Instant.EPOCH, Instant.EPOCH);
        assertRefused(
                Snapshots.bytes(new Snapshot(header, List.of(acme, acme))),
                "organization 2: organization must come once: name=acme");
    }

    @Test
    void totalsMustBeRight() {
        payloadRefused(out -> totals(out, 1, 0), "total of organizations must be what was read, 0: total=1");
        payloadRefused(out -> totals(out, 0, -1), "total of meters must be what was read, 0: total=-1");
    }

    @Test
    void anInstantMustBeOne() {
        byte[] payload = ByteBuffer.allocate(24).putInt(8, 1_000_000_000).array();
        assertRefused(
                SnapshotSeal.snapshot(payload, 24),
                "header: nanoseconds of an instant must be from 0 to 999,999,999: nanoseconds of an instant=1000000000",
                "(at byte 28)");
        assertRefused(
                SnapshotSeal.snapshot(
                        ByteBuffer.allocate(24).putLong(Long.MAX_VALUE).array(), 24),
                "header: Instant exceeds minimum or maximum instant");
    }

    @Test
    void recordsAndStringsMustBeOfAKnownKind() {
        payloadRefused(
                out -> out.writeByte(2), "organization 1: kind of record must be <= 1: kind of record=2 (at byte 42)");
        payloadRefused(out -> out.write(new byte[] {1, 2}), "encoding of name must be <= 1: encoding of name=2");
    }

    @ParameterizedTest
    @ValueSource(ints = {16_777_217, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void aStringLengthOutOfRangeIsRefused(int length) {
        String limit = "organization 1: length of name must be <= 2^24 in UTF-8: length of name=";
        payloadRefused(out -> string(out, 0, length), limit + Integer.toUnsignedString(length));
    }

    @Test
    void aStringLengthThatIsNotThereTakesNoMemory() {
        Allocation allocation = new Allocation();
        payloadRefused(out -> string(out, 0, 16_777_216), "a snapshot must not be cut short");
        payloadRefused(out -> string(out, 1, -2), "a snapshot must not be cut short");
        assertThat(allocation.bytes()).isLessThan(1_000_000);
    }

    @Test
    void stringsMustBeWellFormedInTheirEncoding() {
        payloadRefused(out -> string(out, 0, 2, 0xC0, 0x80), "organization 1: name must be UTF-8");
        payloadRefused(out -> string(out, 0, 3, 0xED, 0xA0, 0x80), "organization 1: name must be UTF-8");
        payloadRefused(out -> string(out, 1, 3, 0, 0, 0), "length of name must be even in UTF-16: length of name=3");
    }

    @Test
    void aNumberOfMetersAbove2ToThe31IsRefused() {
        payloadRefused(
                out -> {
                    string(out, 0, 0);
                    out.writeInt(-1);
                },
                "number of meters must be < 2^31: number of meters=4294967295");
    }

    @Test
    void aNumberOfEndpointsAbove2ToThe31IsRefused() {
        payloadRefused(
                out -> {
                    string(out, 0, 0);
                    out.writeInt(0);
                    out.writeInt(-1);
                },
                "number of endpoints must be < 2^31: number of endpoints=4294967295");
    }

    @Test
    void aKeyMustBeKnownOrTheNextNewOne() {
        payloadRefused(
                out -> {
                    string(out, 0, 0);
                    out.writeInt(1);
                    out.writeShort(1);
                },
                "number of a key must be at most that of the next new one, 0: number of a key=1");
    }

    @Test
    void aKeyMustFollowTheRulesOfItsParts() {
        keyRefused(out -> scope(out, 2), "kind of scope must be <= 1: kind of scope=2");
        keyRefused(out -> scope(out, 1, 0, 0, 0, 0, 0), "group must be not blank: group=\"\"");
        keyRefused(out -> scope(out, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "name must be not blank: name=\"\"");
        keyRefused(out -> span(out, 6), "kind of span must be <= 5: kind of span=6");
    }

    @Test
    void aCalendarMustBeOneOfThisJvm() {
        keyRefused(out -> calendar(out, 4, 0, 0, "Z"), "calendar unit must be <= 3: calendar unit=4");
        keyRefused(out -> calendar(out, 0, 1, 0, "Z"), "anchor must be the first start in the year 1");
        keyRefused(out -> calendar(out, 1, 7, 0, "Z"), "anchor must be the first start in the year 1");
        keyRefused(out -> calendar(out, 2, 31, 0, "Z"), "anchor must be the first start in the year 1");
        keyRefused(out -> calendar(out, 3, 365, 0, "Z"), "anchor must be the first start in the year 1");
        keyRefused(out -> calendar(out, 2, 0, -1, "Z"), "Invalid value for NanoOfDay");
        keyRefused(
                out -> calendar(out, 2, 0, 0, "Mars/Olympus"),
                "organization 1: zone must be known to this JVM: zone=\"Mars/Olympus\"");
        keyRefused(out -> calendar(out, 2, 0, 0, ""), "zone must be known to this JVM: zone=\"\"");
    }

    @Test
    void aWindowMustFollowItsRules() {
        windowRefused(0, "window must be > 0 and <= 2^60 ns: window=PT0S");
        windowRefused((1L << 60) + 1, "window must be > 0 and <= 2^60 ns");
        windowRefused(10, "age must be less than the window and not above the one before: age=10", 10, 1);
        windowRefused(10, "age must be less than the window and not above the one before: age=6", 5, 1, 6, 1);
        windowRefused(10, "age must be >= -2^60 ns: age=-1152921504606846977", (-1L << 60) - 1, 1);
        windowRefused(10, "units must be >= 0: units=-1", 0, -1);
        windowRefused(10, "units must be <= 2^61: units=2305843009213693953", 0, (1L << 61) + 1);
        windowRefused(10, "sum of units must be <= 2^61", 1, 1L << 61, 0, 1);
    }

    @Test
    void fixedWindowsMustFollowTheirRules() {
        fixedRefused(999_999, "length must be >= 1 ms");
        fixedRefused((1L << 60) + 1, "length must be <= 2^60 ns");
    }

    private static void fixedRefused(long length, String inMessage) {
        keyRefused(
                out -> {
                    span(out, 3);
                    out.writeLong(length);
                    out.write(new byte[12]);
                },
                inMessage);
    }

    @Test
    void aBucketMustFollowItsRules() {
        bucketRefused("amount must be >= 0", -1, 1, 0, 0);
        bucketRefused("amount must be <= 2^53", (1L << 53) + 1, 1, 0, 0);
        bucketRefused("span must be > 0 and <= 2^60 ns: span=0", 1, 0, 0, 0);
        bucketRefused("span must be > 0 and <= 2^60 ns", 1, (1L << 60) + 1, 0, 0);
        bucketRefused("age must be >= -2^60 ns", 1, 1, -(1L << 60) - 1, 0);
        bucketRefused("age must be <= 2^62 ns", 1, 1, (1L << 62) + 1, 0);
        bucketRefused("units must be >= 0 and < 2^62: units=-1", 1, 1, 0, -1);
        bucketRefused("units must be >= 0 and < 2^62", 1, 1, 1L << 62, 1L << 62);
        bucketRefused("units that have not flowed back must be <= 2^61", 1, 1, 9, (1L << 61) + 10);
    }

    private static void bucketRefused(String inMessage, long... numbers) {
        keyRefused(
                out -> {
                    span(out, 4);
                    for (long number : numbers) {
                        out.writeLong(number);
                    }
                },
                inMessage);
    }

    @Test
    void whatIsInFlightMustFollowItsRules() {
        flightsRefused("time until the end must be > 0 and <= 2^61 ns: time until the end=0", 0, 1);
        flightsRefused("time until the end must be > 0 and <= 2^61 ns", (1L << 61) + 1, 1);
        flightsRefused("time until the end must be not below the one before: time until the end=5", 6, 1, 5, 1);
        flightsRefused("units must be >= 0: units=-1", 1, -1);
        flightsRefused("units must be <= 2^61", 1, (1L << 61) + 1);
        flightsRefused("sum of units must be <= 2^61", 1, 1L << 61, 1, 1);
    }

    private static void flightsRefused(String inMessage, long... flights) {
        keyRefused(
                out -> {
                    span(out, 5);
                    out.writeInt(flights.length / 2);
                    for (long number : flights) {
                        out.writeLong(number);
                    }
                },
                inMessage);
    }

    @Test
    void aPeriodMustFollowItsRules() {
        periodRefused(0, 0, 0, 0, "end must be after start");
        periodRefused(0, 1, 0, 0, "bounds must be those of all time for a lifetime only");
        long min = Instant.MIN.getEpochSecond();
        long max = Instant.MAX.getEpochSecond();
        periodRefused(min, max, -1, 0, "used must be >= 0: used=-1");
        periodRefused(min, max, (1L << 61) + 1, 0, "used must be <= 2^61");
        periodRefused(min, max, 0, -1, "granted must be >= 0: granted=-1");
        periodRefused(min, max, 0, (1L << 53) + 1, "granted must be <= 2^53");
    }

    @Test
    void theEndOfAPeriodAndWhatIsKeptMustFollowTheirRules() {
        dayRefused(out -> out.writeLong(-1), "time until the end must be >= 0 ns: time until the end=-1");
        dayRefused(out -> out.writeLong((1L << 62) + 1), "time until the end must be <= 2^62 ns");
        keptRefused(out -> out.writeByte(2), "others must be 0 or 1: others=2");
        keptRefused(
                out -> {
                    out.writeByte(1);
                    out.writeLong(-1);
                    out.write(new byte[2]);
                },
                "used before must be >= 0: used before=-1");
        keptRefused(
                out -> {
                    out.writeByte(1);
                    out.writeLong(0);
                    out.writeByte(9);
                    for (int i = 0; i < 9; i++) {
                        day(out);
                        out.writeLong(1);
                    }
                    out.writeByte(0);
                },
                "number of spans must be <= 8: number of spans=9");
        keptRefused(out -> kept(out, 3, 1, 0, 0, 0), "number of kept periods must be <= 2: number of kept periods=3");
        keptRefused(out -> kept(out, 1, 0, 0, 0, 0), "number of spans must be >= 1 and <= 8: number of spans=0");
        keptRefused(out -> kept(out, 1, 1, -1, 0, 0), "used must be >= 0: used=-1");
        keptRefused(out -> kept(out, 1, 1, 0, -1, 0), "granted must be >= 0: granted=-1");
        keptRefused(out -> kept(out, 1, 1, 0, 0, -1), "since must be >= 0: since=-1");
    }

    @Test
    void aLifetimeKeepsNothingElse() {
        keyRefused(
                out -> {
                    span(out, 2);
                    out.writeLong(Instant.MIN.getEpochSecond());
                    out.writeInt(0);
                    out.writeLong(Instant.MAX.getEpochSecond());
                    out.writeInt(999_999_999);
                    out.write(new byte[3 * 8]);
                    kept(out, 1, 1, 0, 0, 0);
                },
                "what a lifetime has of other periods must be nothing");
    }

    @Test
    void aDoubtMustBeShorterThanAMinute() {
        for (long age : new long[] {-1, 60_000_000_000L}) {
            byte[] payload = ByteBuffer.allocate(24 + 1 + 12 + 8)
                    .put(24, (byte) 1)
                    .putLong(37, age)
                    .array();
            assertRefused(
                    SnapshotSeal.snapshot(payload, 100), "header: time of doubt must be ", "time of doubt=" + age);
        }
        byte[] payload = ByteBuffer.allocate(25).put(24, (byte) 2).array();
        assertRefused(SnapshotSeal.snapshot(payload, 100), "header: doubt must be 0 or 1: doubt=2");
    }

    @Test
    void aMeterMustComeOnceInAnOrganization() {
        keyRefused(
                out -> {
                    span(out, 0);
                    out.writeLong(1);
                    out.writeInt(0);
                    out.writeShort(0);
                    out.writeInt(0);
                    out.writeInt(0);
                    out.writeInt(0);
                },
                "organization 1: key must be that of one meter only: key=MeterKey[");
    }

    /** An organization without meters, and two members of it. */
    private static void membersRefused(String kind, String inMessage) {
        payloadRefused(
                out -> {
                    string(out, 0, 0);
                    out.writeInt(0);
                    out.writeInt(0);
                    out.writeInt(2);
                    for (int i = 0; i < 2; i++) {
                        for (String text : List.of("default", kind, "u1")) {
                            out.writeByte(0);
                            out.writeInt(text.length());
                            out.writeBytes(text);
                        }
                        out.writeInt(0);
                        out.writeInt(0);
                    }
                },
                inMessage);
    }

    @Test
    void aMemberMustComeOnceInAnOrganizationAndBeOfAKind() {
        membersRefused("user", "organization 1: member must be one only, without members: member=");
        membersRefused("no kind", "organization 1: kind must be a letter and up to 63 letters");
    }

    private interface Payload {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private static void payloadRefused(Payload payload, String inMessage) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(new byte[25]);
            payload.writeTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertRefused(SnapshotSeal.snapshot(bytes.toByteArray(), 1_000), inMessage);
    }

    /** An organization of two meters, the first of a key whose account and table are empty. */
    private static void keyRefused(Payload scopeAndOn, String inMessage) {
        payloadRefused(
                out -> {
                    string(out, 0, 0);
                    out.writeInt(2);
                    out.writeShort(0);
                    out.write(new byte[10]);
                    scopeAndOn.writeTo(out);
                },
                inMessage);
    }

    private static void windowRefused(long nanos, String inMessage, long... charges) {
        keyRefused(
                out -> {
                    span(out, 0);
                    out.writeLong(nanos);
                    out.writeInt(charges.length / 2);
                    for (long number : charges) {
                        out.writeLong(number);
                    }
                },
                inMessage);
    }

    private static void periodRefused(long start, long end, long used, long granted, String inMessage) {
        keyRefused(
                out -> {
                    span(out, 2);
                    out.writeLong(start);
                    out.writeInt(0);
                    out.writeLong(end);
                    out.writeInt(end == Instant.MAX.getEpochSecond() ? 999_999_999 : 0);
                    out.writeLong(0);
                    out.writeLong(used);
                    out.writeLong(granted);
                    out.writeByte(0);
                },
                inMessage);
    }

    /** A meter of calendar days, from the end of its first bounds on. */
    private static void dayRefused(Payload untilEndAndOn, String inMessage) {
        keyRefused(
                out -> {
                    calendar(out, 0, 0, 0, "Z");
                    day(out);
                    untilEndAndOn.writeTo(out);
                    out.write(new byte[17]);
                },
                inMessage);
    }

    /** The same from behind what is granted on. */
    private static void keptRefused(Payload othersAndOn, String inMessage) {
        dayRefused(
                out -> {
                    out.write(new byte[24]);
                    othersAndOn.writeTo(out);
                },
                inMessage);
    }

    private static void kept(DataOutputStream out, int number, int spans, long used, long granted, long since)
            throws IOException {
        out.writeByte(1);
        out.writeLong(0);
        out.writeByte(0);
        out.writeByte(number);
        for (int i = 0; i < number; i++) {
            out.writeByte(spans);
            for (int span = 0; span < spans; span++) {
                day(out);
                out.writeLong(1);
            }
            out.writeLong(used);
            out.writeLong(granted);
            out.writeLong(since);
        }
    }

    private static void day(DataOutputStream out) throws IOException {
        out.writeLong(0);
        out.writeInt(0);
        out.writeLong(86_400);
        out.writeInt(0);
    }

    private static void totals(DataOutputStream out, long organizations, long meters) throws IOException {
        out.writeByte(0);
        out.writeLong(organizations);
        out.writeLong(meters);
    }

    /** The beginning of an organization. */
    private static void string(DataOutputStream out, int encoding, int length, int... bytes) throws IOException {
        out.writeByte(1);
        out.writeByte(encoding);
        out.writeInt(length);
        for (int b : bytes) {
            out.writeByte(b);
        }
    }

    private static void scope(DataOutputStream out, int kind, int... bytes) throws IOException {
        out.writeByte(kind);
        for (int b : bytes) {
            out.writeByte(b);
        }
    }

    private static void span(DataOutputStream out, int kind) throws IOException {
        scope(out, 0, 0, 0, 0, 0, 1, 'e', 0, 0, 0, 0, 1, 'u');
        out.writeByte(kind);
    }

    private static void calendar(DataOutputStream out, int unit, int day, long time, String zone) throws IOException {
        span(out, 1);
        out.writeByte(unit);
        out.writeShort(day);
        out.writeLong(time);
        out.writeByte(0);
        out.writeInt(zone.length());
        out.writeBytes(zone);
    }
}
