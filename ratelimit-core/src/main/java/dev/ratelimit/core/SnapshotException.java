package dev.ratelimit.core;

import java.io.IOException;

/**
 * Thrown when a snapshot cannot be read: it is damaged, cut short, of a newer version, or no snapshot at all. The
 * message names the rule that does not hold, the value, and the offset of the byte where that was noticed. Trouble of
 * the stream itself is another {@link IOException}.
 */
public final class SnapshotException extends IOException {

    private static final long serialVersionUID = 1;

    SnapshotException(String limit, long offset) {
        super(limit + " (at byte " + offset + ")");
    }

    SnapshotException(String limit, long offset, Throwable cause) {
        super(limit + " (at byte " + offset + ")", cause);
    }
}
