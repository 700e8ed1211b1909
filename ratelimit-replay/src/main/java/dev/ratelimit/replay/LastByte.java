package dev.ratelimit.replay;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that knows the byte it has given last. */
final class LastByte extends FilterInputStream {

    private int last = '\n';

    LastByte(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int read = in.read();
        last = read < 0 ? last : read;
        return read;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        int count = in.read(bytes, from, length);
        last = count <= 0 ? last : bytes[from + count - 1];
        return count;
    }

    /**
     * Tells whether a line may have ended with that byte: a line feed, a carriage return, or the second byte of one in
     * UTF-16.
     */
    boolean mayEndALine() {
        return last == '\n' || last == '\r' || last == 0;
    }
}
