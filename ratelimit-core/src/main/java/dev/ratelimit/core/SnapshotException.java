package dev.ratelimit.core;

import java.io.IOException;

/**
 * Thrown when a snapshot cannot be read, because it is damaged, cut short, of a newer version or no snapshot at all; or when there is
 * state that a snapshot cannot hold. The message says which rule does not hold, the value, and the offset of the byte where that was
 * noticed. Trouble of the stream itself is another {@link IOException}.
 */
public final class SnapshotException extends IOException {

    private static final long serialVersionUID = 1;

    SnapshotException(String rule) {
        super(rule);
    }

    SnapshotException(String rule, long offset) {
        super(rule + " (at byte " + offset + ")");
    }

    SnapshotException(String rule, long offset, Throwable cause) {
        super(rule + " (at byte " + offset + ")", cause);
    }
}
