package dev.ratelimit.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * Reads what a {@link BlockOutputStream} wrote. It hands a byte out only when the check of its block holds.
 *
 * <p>It never returns -1. A snapshot says itself where it ends, so reading beyond the last block is a {@link
 * SnapshotException}. It takes one block of memory, whatever the lengths say. Not safe for use by many threads.
 */
final class BlockInputStream extends InputStream {

    private final InputStream in;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer block =
            ByteBuffer.allocate(SnapshotFormat.MAX_BLOCK).limit(0);

    private final int version;

    /** The number of bytes taken from the stream. */
    private long taken;

    /** The offset of the first byte of the block. */
    private long blockAt;

    BlockInputStream(InputStream in) throws IOException {
        this.in = in;
        byte[] bytes = new byte[Long.BYTES + Integer.BYTES];
        int n = in.readNBytes(bytes, 0, bytes.length);
        if (n < bytes.length) {
            throw endsEarly(n);
        }
        ByteBuffer start = ByteBuffer.wrap(bytes);
        if (start.getLong() != SnapshotFormat.MAGIC) {
            throw new SnapshotException("a snapshot must begin with the letters RLIMSNAP", 0);
        }
        version = start.getInt();
        if (version < 1 || version > SnapshotFormat.VERSION) {
            throw new SnapshotException(
                    "version must be one that this release reads, up to " + SnapshotFormat.VERSION + ": version="
                            + Integer.toUnsignedString(version),
                    Long.BYTES);
        }
        crc.update(bytes);
        taken = n;
        blockAt = n;
    }

    /** Returns the version of the format. */
    int version() {
        return version;
    }

    /** Returns the offset of the byte that is read next, or of the end of the block before it. */
    long offset() {
        return blockAt + block.position();
    }

    @Override
    public int read() throws IOException {
        fill();
        return block.get() & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        fill();
        int n = Math.min(length, block.remaining());
        block.get(bytes, offset, n);
        return n;
    }

    /** Requires that neither the block nor the stream goes on. */
    void requireEnd() throws IOException {
        if (block.hasRemaining() || in.read() != -1) {
            throw new SnapshotException("nothing must follow the end of a snapshot", offset());
        }
    }

    private void fill() throws IOException {
        if (block.hasRemaining()) {
            return;
        }
        block.clear();
        take(Integer.BYTES);
        int length = block.getInt(0);
        if (length < 1 || length > SnapshotFormat.MAX_BLOCK) {
            throw new SnapshotException(
                    "length of a block must be between 1 and " + SnapshotFormat.MAX_BLOCK + ": length="
                            + Integer.toUnsignedString(length),
                    taken - Integer.BYTES);
        }
        crc.update(block.array(), 0, Integer.BYTES);
        long checkAt = taken + length;
        take(length);
        crc.update(block.array(), 0, length);
        int computed = (int) crc.getValue();
        byte[] check = in.readNBytes(Integer.BYTES);
        if (check.length < Integer.BYTES) {
            throw endsEarly(checkAt + check.length);
        }
        int stored = ByteBuffer.wrap(check).getInt();
        if (stored != computed) {
            throw new SnapshotException(
                    "check must be that of the bytes before it, 0x%08x: check=0x%08x".formatted(computed, stored),
                    checkAt);
        }
        blockAt = checkAt - length;
        taken = checkAt + Integer.BYTES;
        block.limit(length);
    }

    /** Reads bytes to the beginning of the block's memory. */
    private void take(int length) throws IOException {
        int n = in.readNBytes(block.array(), 0, length);
        taken += n;
        if (n < length) {
            throw endsEarly(taken);
        }
    }

    private static SnapshotException endsEarly(long offset) {
        return new SnapshotException("a snapshot must not be cut short", offset);
    }
}
