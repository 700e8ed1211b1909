package dev.ratelimit.core;

import dev.ratelimit.Member;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.Printable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads a snapshot, organization by organization, in the format that {@code docs/SNAPSHOT.md} describes.
 *
 * <p>Organizations are handed over before the end of the snapshot was seen. Who takes them must not use any until
 * {@link #forEach} has returned. If it throws, they are part of a damaged snapshot, and must be dropped.
 *
 * <p>Memory is taken for what was read, never for what a length or a count announces. Not safe for use by many threads.
 */
final class SnapshotReader {

    /** The bytes of a string that are read at a time, however long the string is. */
    private static final int PIECE = 8_192;

    private final BlockInputStream blocks;
    private final DataInputStream in;
    private final List<MeterKey> keys = new ArrayList<>();
    private final SnapshotHeader header;
    private long organizations;
    private long meters;

    /**
     * Reads the header. The stream may be unbuffered, and is not closed.
     *
     * @throws SnapshotException if it is not the header of a snapshot that this class can read
     */
    SnapshotReader(InputStream in) throws IOException {
        blocks = new BlockInputStream(in);
        this.in = new DataInputStream(blocks);
        try {
            header = readHeader();
        } catch (IllegalArgumentException | DateTimeException e) {
            throw invalid("header", e);
        }
    }

    private SnapshotHeader readHeader() throws IOException {
        Instant taken = instant();
        Instant highest = instant();
        return blocks.version() > 1 && flag("doubt")
                ? new SnapshotHeader(taken, highest, instant(), in.readLong())
                : new SnapshotHeader(taken, highest);
    }

    private boolean flag(String name) throws IOException {
        int flag = in.readUnsignedByte();
        Arguments.require(flag <= 1, name, "0 or 1", flag);
        return flag == 1;
    }

    SnapshotHeader header() {
        return header;
    }

    /**
     * Reads all organizations and the end, once. The stream must end there too.
     *
     * @param consumer takes the organizations; may throw {@link IllegalArgumentException} to refuse one, as it must for
     *     a second one of the same name
     * @throws SnapshotException if anything breaks a rule of the format, or was refused
     */
    void forEach(Consumer<SavedOrganization> consumer) throws IOException {
        try {
            while (isOrganization()) {
                SavedOrganization organization = organization();
                consumer.accept(organization);
                organizations++;
                meters += organization.countMeters();
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            throw invalid("organization " + (organizations + 1), e);
        }
        requireTotal("organizations", organizations);
        requireTotal("meters", meters);
        blocks.requireEnd();
    }

    private SnapshotException invalid(String where, RuntimeException broken) {
        return new SnapshotException(where + ": " + broken.getMessage(), blocks.offset(), broken);
    }

    private void requireTotal(String name, long counted) throws IOException {
        long stated = in.readLong();
        if (stated != counted) {
            throw new SnapshotException(
                    "total of " + name + " must be what was read, " + counted + ": total=" + stated, blocks.offset());
        }
    }

    private boolean isOrganization() throws IOException {
        int kind = in.readUnsignedByte();
        Arguments.require(kind <= SnapshotFormat.ORGANIZATION, "kind of record", "<= 1", kind);
        return kind == SnapshotFormat.ORGANIZATION;
    }

    private SavedOrganization organization() throws IOException {
        String name = string("name");
        List<SavedMeter> read = meters();
        List<String> endpoints = endpoints();
        return new SavedOrganization(name, null, read, endpoints, blocks.version() > 3 ? members(name) : List.of());
    }

    private List<SavedOrganization> members(String organization) throws IOException {
        int size = size("members");
        List<SavedOrganization> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String account = string("account");
            Member member = new Member(string("kind"), string("member"));
            MemberKey key = new MemberKey(account, member);
            read.add(new SavedOrganization(organization, key, meters(), endpoints(), List.of()));
        }
        return read;
    }

    private List<SavedMeter> meters() throws IOException {
        int size = size("meters");
        List<SavedMeter> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            read.add(meter());
        }
        return read;
    }

    private List<String> endpoints() throws IOException {
        int size = size("endpoints");
        List<String> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            read.add(string("endpoint"));
        }
        return read;
    }

    private SavedMeter meter() throws IOException {
        MeterKey key = key();
        if (key.span() instanceof MeterKey.Window) {
            return new SavedMeter.Window(key, charges());
        } else if (key.span() instanceof MeterKey.Bucket) {
            return new SavedMeter.Bucket(key, new Flow(in.readLong(), in.readLong()), in.readLong(), in.readLong());
        }
        return key.span() instanceof MeterKey.InFlight ? new SavedMeter.InFlight(key, flights()) : period(key);
    }

    private List<SavedMeter.Flight> flights() throws IOException {
        int size = size("flights");
        List<SavedMeter.Flight> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            read.add(new SavedMeter.Flight(in.readLong(), in.readLong()));
        }
        return read;
    }

    private SavedMeter.Period period(MeterKey key) throws IOException {
        QuotaPeriod.Interval bounds = interval();
        SavedMeter.Span span = blocks.version() > 1
                ? new SavedMeter.Span(bounds, in.readLong())
                : SavedMeter.Span.until(bounds, header.taken());
        long used = in.readLong();
        long granted = in.readLong();
        boolean others = blocks.version() > 1 && flag("others");
        return new SavedMeter.Period(
                key,
                span,
                used,
                granted,
                others ? in.readLong() : 0,
                others ? spans() : List.of(),
                others ? keptPeriods() : List.of());
    }

    private List<SavedMeter.Kept> keptPeriods() throws IOException {
        int size = in.readUnsignedByte();
        List<SavedMeter.Kept> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            read.add(new SavedMeter.Kept(spans(), in.readLong(), in.readLong(), in.readLong()));
        }
        return read;
    }

    private List<SavedMeter.Span> spans() throws IOException {
        int size = in.readUnsignedByte();
        List<SavedMeter.Span> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            read.add(span());
        }
        return read;
    }

    private SavedMeter.Span span() throws IOException {
        return new SavedMeter.Span(interval(), in.readLong());
    }

    private QuotaPeriod.Interval interval() throws IOException {
        return new QuotaPeriod.Interval(instant(), instant());
    }

    private List<SavedMeter.Charge> charges() throws IOException {
        int size = size("charges");
        List<SavedMeter.Charge> read = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            read.add(new SavedMeter.Charge(in.readLong(), in.readLong()));
        }
        return read;
    }

    private MeterKey key() throws IOException {
        int number = in.readUnsignedShort();
        int known = keys.size();
        if (number < known) {
            return keys.get(number);
        }
        Arguments.require(number == known, "number of a key", "at most that of the next new one, " + known, number);
        MeterKey key = new MeterKey(string("account"), string("table"), scope(), new Unit(string("unit")), keySpan());
        if (known < SnapshotFormat.MAX_KEYS) {
            keys.add(key);
        }
        return key;
    }

    private Scope scope() throws IOException {
        int kind = in.readUnsignedByte();
        Arguments.require(kind <= SnapshotFormat.GROUP, "kind of scope", "<= 1", kind);
        String name = string("scope");
        return kind == SnapshotFormat.ENDPOINT ? new Scope.Endpoint(name) : new Scope.Group(name);
    }

    private MeterKey.Span keySpan() throws IOException {
        int kind = in.readUnsignedByte();
        int most = blocks.version() > 2 ? SnapshotFormat.IN_FLIGHT : SnapshotFormat.LIFETIME;
        Arguments.require(kind <= most, "kind of span", "<= " + most, kind);
        return switch (kind) {
            case SnapshotFormat.WINDOW -> new MeterKey.Window(Duration.ofNanos(in.readLong()));
            case SnapshotFormat.CALENDAR -> new MeterKey.Period(calendar());
            case SnapshotFormat.FIXED ->
                new MeterKey.Period(new FixedPeriod(Duration.ofNanos(in.readLong()), instant()));
            case SnapshotFormat.BUCKET -> new MeterKey.Bucket();
            case SnapshotFormat.IN_FLIGHT -> new MeterKey.InFlight();
            default -> new MeterKey.Period(QuotaPeriod.lifetime());
        };
    }

    private QuotaPeriod calendar() throws IOException {
        int unit = in.readUnsignedByte();
        LocalDateTime day = blocks.version() > 2
                ? SnapshotFormat.FIRST_DAY.plusDays(in.readUnsignedShort())
                : SnapshotFormat.FIRST_DAY.withDayOfMonth(in.readUnsignedByte());
        LocalTime time = LocalTime.ofNanoOfDay(in.readLong());
        return new CalendarPeriod(SnapshotFormat.calendarUnit(unit), day.with(time), zone());
    }

    private ZoneId zone() throws IOException {
        String id = string("zone");
        try {
            return ZoneId.of(id);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("zone must be known to this JVM: zone=\"" + Printable.name(id) + '"', e);
        }
    }

    private Instant instant() throws IOException {
        long seconds = in.readLong();
        int nanos = in.readInt();
        Arguments.require(
                nanos >= 0 && nanos <= 999_999_999, "nanoseconds of an instant", "from 0 to 999,999,999", nanos);
        return Instant.ofEpochSecond(seconds, nanos);
    }

    private int size(String name) throws IOException {
        int size = in.readInt();
        Arguments.require(size >= 0, "number of " + name, "< 2^31", Integer.toUnsignedString(size));
        return size;
    }

    /** Reads a string. Takes memory as it reads, whatever the length says. */
    private String string(String name) throws IOException {
        int encoding = in.readUnsignedByte();
        Arguments.require(encoding <= SnapshotFormat.UTF_16, "encoding of " + name, "<= 1", encoding);
        long length = Integer.toUnsignedLong(in.readInt());
        if (encoding == SnapshotFormat.UTF_16) {
            Arguments.require(length % Character.BYTES == 0, "length of " + name, "even in UTF-16", length);
            return utf16(length / Character.BYTES);
        }
        Arguments.require(length <= SnapshotFormat.MAX_UTF_8, "length of " + name, "<= 2^24 in UTF-8", length);
        try {
            ByteBuffer bytes = ByteBuffer.wrap(in.readNBytes((int) length));
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(name + " must be UTF-8", e);
        }
    }

    private String utf16(long units) throws IOException {
        StringBuilder read = new StringBuilder();
        byte[] piece = new byte[PIECE];
        for (long left = units; left > 0; left -= PIECE / Character.BYTES) {
            int length = (int) Math.min(PIECE, left * Character.BYTES);
            in.readFully(piece, 0, length);
            read.append(ByteBuffer.wrap(piece, 0, length).asCharBuffer());
        }
        return read.toString();
    }
}
