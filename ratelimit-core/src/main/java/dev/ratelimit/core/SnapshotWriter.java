package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.MeterKey;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a snapshot, organization by organization, in the format that {@code docs/SNAPSHOT.md} describes.
 *
 * <p>It holds one block and up to 65,535 keys, whatever the number of organizations. A snapshot without its {@link
 * #finish()}, as when anything throws, is refused on read. Not safe for use by many threads.
 */
final class SnapshotWriter {

    private final DataOutputStream out;
    private final Map<MeterKey, Integer> keys = new HashMap<>();
    private long organizations;
    private long meters;

    /** Begins a snapshot. The stream may be unbuffered, and is not closed. */
    SnapshotWriter(OutputStream out, SnapshotHeader header) throws IOException {
        this.out = new DataOutputStream(new BlockOutputStream(out));
        write(header.taken());
        write(header.highest());
        this.out.writeBoolean(header.doubted() != null);
        if (header.doubted() != null) {
            write(header.doubted());
            this.out.writeLong(header.doubtedForNanos());
        }
    }

    /** Writes an organization. Each may be written once, which is checked on read. */
    void organization(SavedOrganization organization) throws IOException {
        out.writeByte(SnapshotFormat.ORGANIZATION);
        write(organization.name());
        writeUsage(organization);
        out.writeInt(organization.members().size());
        for (SavedOrganization each : organization.members()) {
            MemberKey key = requireNonNull(each.member());
            write(key.account());
            write(key.member().kind());
            write(key.member().name());
            writeUsage(each);
        }
        organizations++;
        meters += organization.countMeters();
    }

    private void writeUsage(SavedOrganization organization) throws IOException {
        out.writeInt(organization.meters().size());
        for (SavedMeter meter : organization.meters()) {
            write(meter);
        }
        out.writeInt(organization.endpoints().size());
        for (String endpoint : organization.endpoints()) {
            write(endpoint);
        }
    }

    /** Ends the snapshot and flushes the stream. Nothing may be written after it. */
    void finish() throws IOException {
        out.writeByte(SnapshotFormat.END);
        out.writeLong(organizations);
        out.writeLong(meters);
        out.flush();
    }

    private void write(SavedMeter meter) throws IOException {
        write(meter.key());
        if (meter instanceof SavedMeter.Window window) {
            out.writeInt(window.charges().size());
            for (SavedMeter.Charge charge : window.charges()) {
                out.writeLong(charge.ageNanos());
                out.writeLong(charge.units());
            }
        } else if (meter instanceof SavedMeter.Period period) {
            write(period);
        } else if (meter instanceof SavedMeter.Bucket bucket) {
            out.writeLong(bucket.flow().amount());
            out.writeLong(bucket.flow().span());
            out.writeLong(bucket.ageNanos());
            out.writeLong(bucket.charged());
        } else {
            List<SavedMeter.Flight> flights = ((SavedMeter.InFlight) meter).flights();
            out.writeInt(flights.size());
            for (SavedMeter.Flight flight : flights) {
                out.writeLong(flight.untilEnd());
                out.writeLong(flight.units());
            }
        }
    }

    private void write(SavedMeter.Period period) throws IOException {
        write(period.span());
        out.writeLong(period.used());
        out.writeLong(period.granted());
        boolean others = period.hasOthers();
        out.writeBoolean(others);
        if (others) {
            writeOthers(period);
        }
    }

    private void writeOthers(SavedMeter.Period period) throws IOException {
        out.writeLong(period.usedBefore());
        write(period.alsoOf());
        out.writeByte(period.kept().size());
        for (SavedMeter.Kept kept : period.kept()) {
            write(kept.spans());
            out.writeLong(kept.used());
            out.writeLong(kept.granted());
            out.writeLong(kept.since());
        }
    }

    private void write(List<SavedMeter.Span> spans) throws IOException {
        out.writeByte(spans.size());
        for (SavedMeter.Span span : spans) {
            write(span);
        }
    }

    private void write(SavedMeter.Span span) throws IOException {
        write(span.bounds().start());
        write(span.bounds().end());
        out.writeLong(span.untilEnd());
    }

    private void write(MeterKey key) throws IOException {
        Integer known = keys.get(key);
        if (known != null) {
            out.writeShort(known);
            return;
        }
        out.writeShort(keys.size());
        if (keys.size() < SnapshotFormat.MAX_KEYS) {
            keys.put(key, keys.size());
        }
        write(key.account());
        write(key.table());
        out.writeByte(key.scope() instanceof Scope.Endpoint ? SnapshotFormat.ENDPOINT : SnapshotFormat.GROUP);
        write(key.scope().name());
        write(key.unit().name());
        if (key.span() instanceof MeterKey.Window window) {
            out.writeByte(SnapshotFormat.WINDOW);
            out.writeLong(window.length().toNanos());
        } else if (key.span() instanceof MeterKey.Period period) {
            write(period.period());
        } else {
            out.writeByte(key.span() instanceof MeterKey.Bucket ? SnapshotFormat.BUCKET : SnapshotFormat.IN_FLIGHT);
        }
    }

    private void write(QuotaPeriod period) throws IOException {
        if (period instanceof CalendarPeriod calendar) {
            out.writeByte(SnapshotFormat.CALENDAR);
            out.writeByte(SnapshotFormat.code(calendar.unit()));
            out.writeShort((int) ChronoUnit.DAYS.between(SnapshotFormat.FIRST_DAY, calendar.anchor()));
            out.writeLong(calendar.anchor().toLocalTime().toNanoOfDay());
            write(calendar.zone().getId());
        } else if (period instanceof FixedPeriod fixed) {
            out.writeByte(SnapshotFormat.FIXED);
            out.writeLong(fixed.length().toNanos());
            write(fixed.anchor());
        } else {
            out.writeByte(SnapshotFormat.LIFETIME);
        }
    }

    private void write(Instant instant) throws IOException {
        out.writeLong(instant.getEpochSecond());
        out.writeInt(instant.getNano());
    }

    private void write(String string) throws IOException {
        byte[] utf8 = string.length() <= SnapshotFormat.MAX_UTF_8 ? utf8(string) : null;
        if (utf8 != null && utf8.length <= SnapshotFormat.MAX_UTF_8) {
            out.writeByte(SnapshotFormat.UTF_8);
            out.writeInt(utf8.length);
            out.write(utf8);
        } else {
            out.writeByte(SnapshotFormat.UTF_16);
            out.writeInt(string.length() * Character.BYTES); // below 2^32, and read so
            out.writeChars(string);
        }
    }

    /** Returns a string in UTF-8; null if it has half of a surrogate pair. */
    private static byte @Nullable [] utf8(String string) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(string));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
