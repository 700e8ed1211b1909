package dev.ratelimit.core;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes bytes in blocks that carry their length and a check, after the magic number and the version.
 *
 * <p>Each check covers all bytes up to it, except the checks. So no block can be left out, repeated or swapped
 * unnoticed. (With the checks in it, each check would depend on its own block only: a CRC over data and its CRC is a
 * constant.) Not safe for use by many threads.
 */
final class BlockOutputStream extends OutputStream {

    private final OutputStream out;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer block = ByteBuffer.allocate(Integer.BYTES + SnapshotFormat.MAX_BLOCK + Integer.BYTES);

    BlockOutputStream(OutputStream out) throws IOException {
        this.out = out;
        block.putLong(SnapshotFormat.MAGIC).putInt(SnapshotFormat.VERSION);
        crc.update(block.array(), 0, block.position());
        out.write(block.array(), 0, block.position());
        begin();
    }

    @Override
    public void write(int b) throws IOException {
        if (room() == 0) {
            end();
        }
        block.put((byte) b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int done = 0; done < length; ) {
            if (room() == 0) {
                end();
            }
            int n = Math.min(length - done, room());
            block.put(bytes, offset + done, n);
            done += n;
        }
    }

    /** Ends the block, if there is anything in it. */
    @Override
    public void flush() throws IOException {
        if (block.position() > Integer.BYTES) {
            end();
        }
        out.flush();
    }

    private int room() {
        return block.remaining() - Integer.BYTES;
    }

    private void begin() {
        block.clear().position(Integer.BYTES);
    }

    private void end() throws IOException {
        block.putInt(0, block.position() - Integer.BYTES);
        crc.update(block.array(), 0, block.position());
        block.putInt((int) crc.getValue());
        out.write(block.array(), 0, block.position());
        begin();
    }
}
