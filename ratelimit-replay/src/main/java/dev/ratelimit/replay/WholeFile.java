package dev.ratelimit.replay;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The bytes of a file, which has at least as many as when it was opened: one that shrinks meanwhile would be read as a
 * shorter one.
 */
final class WholeFile extends FilterInputStream {

    private final Path file;
    private long missing;

    private WholeFile(Path file, InputStream in, long size) {
        super(in);
        this.file = file;
        this.missing = size;
    }

    static InputStream open(Path file) throws IOException {
        long size = Files.size(file);
        return new WholeFile(file, Files.newInputStream(file), size);
    }

    @Override
    public int read() throws IOException {
        int read = in.read();
        count(read < 0 ? -1 : 1);
        return read;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        int read = in.read(bytes, from, length);
        count(read);
        return read;
    }

    private void count(int read) {
        if (read < 0 && missing > 0) {
            throw new BadInputException(file + ": must not shrink while it is read");
        }
        missing -= Math.max(0, read);
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = in.skip(count);
        missing -= skipped;
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false; // what is read again would count twice
    }
}
