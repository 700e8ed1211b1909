package dev.ratelimit.core;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes a snapshot, organization by organization, in the format that {@code docs/SNAPSHOT.md} describes.
 *
 * <p>Holds one block and up to 65,535 keys, whatever the number of organizations. What was written before {@link #finish()}, as when
 * anything throws, is refused on read. Not safe for use by many threads.
 */
final class SnapshotWriter {

    private final DataOutputStream out;
    private final Map<Rule.Key, Integer> keys = new HashMap<>();
    private long organizations;
    private long meters;

    /** Begins a snapshot. The stream need not be buffered, and is not closed. */
    SnapshotWriter(OutputStream out, SnapshotHeader header) throws IOException {
        this.out = new DataOutputStream(new BlockOutputStream(out));
        write(header.taken());
        write(header.highest());
    }

    /**
     * Writes an organization. Each may be written once, which is checked on read.
     *
     * @throws SnapshotException if a name is longer than 16 MiB
     */
    void organization(SavedOrganization organization) throws IOException {
        out.writeByte(SnapshotFormat.ORGANIZATION);
        write(organization.name());
        out.writeInt(organization.meters().size());
        for (SavedMeter meter : organization.meters()) {
            write(meter);
        }
        out.writeInt(organization.endpoints().size());
        for (String endpoint : organization.endpoints()) {
            write(endpoint);
        }
        organizations++;
        meters += organization.meters().size();
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
        } else {
            SavedMeter.Period period = (SavedMeter.Period) meter;
            write(period.bounds().start());
            write(period.bounds().end());
            out.writeLong(period.used());
            out.writeLong(period.granted());
        }
    }

    private void write(Rule.Key key) throws IOException {
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
        if (key.span() instanceof Duration window) {
            out.writeByte(SnapshotFormat.WINDOW);
            out.writeLong(window.toNanos());
        } else if (key.span() instanceof QuotaPeriod.Calendar calendar) {
            out.writeByte(SnapshotFormat.CALENDAR);
            out.writeByte(SnapshotFormat.code(calendar.unit()));
            out.writeByte(calendar.anchor().getDayOfMonth());
            out.writeLong(calendar.anchor().toLocalTime().toNanoOfDay());
            write(calendar.zone().getId());
        } else {
            out.writeByte(SnapshotFormat.LIFETIME);
        }
    }

    private void write(Instant instant) throws IOException {
        out.writeLong(instant.getEpochSecond());
        out.writeInt(instant.getNano());
    }

    private void write(String string) throws IOException {
        requireLength(string.length());
        int encoding = SnapshotFormat.UTF_8;
        ByteBuffer bytes;
        try {
            bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(string));
        } catch (CharacterCodingException e) {
            encoding = SnapshotFormat.UTF_16;
            bytes = ByteBuffer.allocate(string.length() * Character.BYTES);
            bytes.asCharBuffer().put(string);
        }
        requireLength(bytes.limit());
        out.writeByte(encoding);
        out.writeInt(bytes.limit());
        out.write(bytes.array(), 0, bytes.limit());
    }

    private static void requireLength(int length) throws SnapshotException {
        if (length > SnapshotFormat.MAX_STRING) {
            throw new SnapshotException("a name must be <= 16 MiB to be saved: length=" + length);
        }
    }
}
