package dev.ratelimit.core;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Takes snapshots apart and puts them together again with checks that hold, so that what lies behind the checks can be
 * tested.
 */
final class SnapshotSeal {

    /** Bytes before the first block: the magic number and the version. */
    static final int START = 12;

    private SnapshotSeal() {}

    /** Returns the payload of all blocks of a snapshot in order. */
    static byte[] payload(byte[] snapshot) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        ByteBuffer bytes = ByteBuffer.wrap(snapshot).position(START);
        while (bytes.hasRemaining()) {
            int length = bytes.getInt();
            joined.write(snapshot, bytes.position(), length);
            bytes.position(bytes.position() + length + Integer.BYTES);
        }
        return joined.toByteArray();
    }

    /** Returns a snapshot of some payload in blocks of a stated length. */
    static byte[] snapshot(byte[] payload, int block) {
        int blocks = (payload.length + block - 1) / block;
        ByteBuffer made = ByteBuffer.allocate(START + blocks * 2 * Integer.BYTES + payload.length);
        made.putLong(SnapshotFormat.MAGIC).putInt(SnapshotFormat.VERSION);
        for (int from = 0; from < payload.length; from += block) {
            int length = Math.min(block, payload.length - from);
            made.putInt(length).put(payload, from, length).putInt(0);
        }
        return reseal(made.array());
    }

    /** Corrects the checks of all blocks, as far as their lengths are those of blocks, and returns the same array. */
    static byte[] reseal(byte[] snapshot) {
        CRC32C crc = new CRC32C();
        ByteBuffer bytes = ByteBuffer.wrap(snapshot);
        int from = 0;
        int at = START;
        while (at + Integer.BYTES <= snapshot.length) {
            int length = bytes.getInt(at);
            int check = at + Integer.BYTES + length;
            if (length < 0 || check > snapshot.length - Integer.BYTES || check < 0) {
                break;
            }
            crc.update(Arrays.copyOfRange(snapshot, from, check));
            bytes.putInt(check, (int) crc.getValue());
            at = check + Integer.BYTES;
            from = at;
        }
        return snapshot;
    }
}
