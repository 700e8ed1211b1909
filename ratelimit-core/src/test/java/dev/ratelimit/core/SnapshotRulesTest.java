package dev.ratelimit.core;

import static dev.ratelimit.core.DamagedPayload.calendar;
import static dev.ratelimit.core.DamagedPayload.day;
import static dev.ratelimit.core.DamagedPayload.dayRefused;
import static dev.ratelimit.core.DamagedPayload.kept;
import static dev.ratelimit.core.DamagedPayload.keptRefused;
import static dev.ratelimit.core.DamagedPayload.keyRefused;
import static dev.ratelimit.core.DamagedPayload.payloadRefused;
import static dev.ratelimit.core.DamagedPayload.scope;
import static dev.ratelimit.core.DamagedPayload.span;
import static dev.ratelimit.core.DamagedPayload.string;
import static dev.ratelimit.core.DamagedPayload.totals;
import static dev.ratelimit.core.Snapshots.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a snapshot says must follow the rules of its format, although its checks hold. */
class SnapshotRulesTest {

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
}
