package dev.ratelimit.replay;

import java.io.IOException;
import java.io.Reader;
import java.util.Arrays;

/**
 * Lines of a bounded length, one after the other in one buffer; of a longer line only the beginning is kept. A line
 * ends with a line feed, a carriage return, both, or the text. A byte order mark before the first is left out.
 */
final class Lines {

    private static final char BYTE_ORDER_MARK = '\uFEFF';
    private static final int BEGINNING = 300;

    private final Reader in;
    private final int maxLength;

    private final char[] read = new char[1 << 13];
    private int from;
    private int until;

    private char[] line = new char[1 << 10];
    private int length;
    private boolean isTooLong;
    private boolean isFirst = true;

    /**
     * Begins before the first line.
     *
     * @param maxLength the most characters of a line
     */
    Lines(Reader in, int maxLength) {
        this.in = in;
        this.maxLength = maxLength;
    }

    /**
     * Reads the next line.
     *
     * @return whether there is one
     */
    boolean next() throws IOException {
        length = 0;
        isTooLong = false;
        if (isFirst && fill() && read[from] == BYTE_ORDER_MARK) {
            from++;
        }
        isFirst = false;
        if (!fill()) {
            return false;
        }
        while (fill()) {
            int end = from;
            while (end < until && read[end] != '\n' && read[end] != '\r') {
                end++;
            }
            append(end - from);
            from = end;
            if (end < until) {
                skipLineEnd();
                return true;
            }
        }
        return true;
    }

    private boolean fill() throws IOException {
        if (from == until) {
            from = 0;
            until = Math.max(0, in.read(read));
        }
        return from < until;
    }

    private void append(int count) {
        int kept = Math.min(count, maxLength - length);
        isTooLong |= kept < count;
        if (length + kept > line.length) {
            line = Arrays.copyOf(line, Math.max(length + kept, Math.min(maxLength, 2 * line.length)));
        }
        System.arraycopy(read, from, line, length, kept);
        length += kept;
    }

    private void skipLineEnd() throws IOException {
        boolean mayGoOn = read[from++] == '\r';
        if (mayGoOn && fill() && read[from] == '\n') {
            from++;
        }
    }

    /** Returns the buffer that holds the line, until the next one is read. */
    char[] chars() {
        return line;
    }

    int length() {
        return length;
    }

    boolean isTooLong() {
        return isTooLong;
    }

    boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (!Character.isWhitespace(line[i])) {
                return false;
            }
        }
        return true;
    }

    /** Returns the beginning of the line, enough to tell it by. */
    String beginning() {
        return new String(line, 0, Math.min(BEGINNING, length));
    }
}
