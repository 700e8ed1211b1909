package dev.ratelimit.core;

import static dev.ratelimit.core.Snapshots.assertRefused;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** Payloads of snapshots that break a rule: the header, an organization, a key, and then what a test writes. */
final class DamagedPayload {

    private DamagedPayload() {}

    /** What a test writes behind a header. */
    interface Payload {
        void writeTo(DataOutputStream out) throws IOException;
    }

    static void payloadRefused(Payload payload, String inMessage) {
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
    static void keyRefused(Payload scopeAndOn, String inMessage) {
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

    /** A meter of calendar days, from the end of its first bounds on. */
    static void dayRefused(Payload untilEndAndOn, String inMessage) {
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
    static void keptRefused(Payload othersAndOn, String inMessage) {
        dayRefused(
                out -> {
                    out.write(new byte[24]);
                    othersAndOn.writeTo(out);
                },
                inMessage);
    }

    static void kept(DataOutputStream out, int number, int spans, long used, long granted, long since)
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

    static void day(DataOutputStream out) throws IOException {
        out.writeLong(0);
        out.writeInt(0);
        out.writeLong(86_400);
        out.writeInt(0);
    }

    static void totals(DataOutputStream out, long organizations, long meters) throws IOException {
        out.writeByte(0);
        out.writeLong(organizations);
        out.writeLong(meters);
    }

    /** The beginning of an organization. */
    static void string(DataOutputStream out, int encoding, int length, int... bytes) throws IOException {
        out.writeByte(1);
        out.writeByte(encoding);
        out.writeInt(length);
        for (int b : bytes) {
            out.writeByte(b);
        }
    }

    static void scope(DataOutputStream out, int kind, int... bytes) throws IOException {
        out.writeByte(kind);
        for (int b : bytes) {
            out.writeByte(b);
        }
    }

    static void span(DataOutputStream out, int kind) throws IOException {
        scope(out, 0, 0, 0, 0, 0, 1, 'e', 0, 0, 0, 0, 1, 'u');
        out.writeByte(kind);
    }

    static void calendar(DataOutputStream out, int unit, int day, long time, String zone) throws IOException {
        span(out, 1);
        out.writeByte(unit);
        out.writeShort(day);
        out.writeLong(time);
        out.writeByte(0);
        out.writeInt(zone.length());
        out.writeBytes(zone);
    }
}
