package dev.ratelimit.core;

import java.time.temporal.ChronoUnit;

/** The numbers of the snapshot format, which {@code docs/SNAPSHOT.md} describes byte by byte. */
final class SnapshotFormat {

    /** The letters RLIMSNAP. */
    static final long MAGIC = 0x524C494D534E4150L;

    /** Version 1, which is read too, knew nothing of wall clocks that jump. */
    static final int VERSION = 2;

    /** Bytes of payload in a block, at most. */
    static final int MAX_BLOCK = 1 << 14;

    /** Bytes of a string in UTF-8, at most. A string that takes more is written in UTF-16, which any string fits. */
    static final int MAX_UTF_8 = 1 << 24;

    /** So many keys are numbered, from 0. As a number it marks a key that is not. */
    static final int MAX_KEYS = 0xFFFF;

    static final int END = 0;
    static final int ORGANIZATION = 1;

    static final int UTF_8 = 0;

    /** For strings that have half of a surrogate pair, which UTF-8 cannot hold, and for very long ones. */
    static final int UTF_16 = 1;

    static final int ENDPOINT = 0;
    static final int GROUP = 1;

    static final int WINDOW = 0;
    static final int CALENDAR = 1;
    static final int LIFETIME = 2;

    private static final ChronoUnit[] CALENDAR_UNITS = {
        ChronoUnit.DAYS, ChronoUnit.WEEKS, ChronoUnit.MONTHS, ChronoUnit.YEARS
    };

    private SnapshotFormat() {}

    static ChronoUnit calendarUnit(int code) {
        if (code >= CALENDAR_UNITS.length) {
            throw new IllegalArgumentException("calendar unit must be <= 3: calendar unit=" + code);
        }
        return CALENDAR_UNITS[code];
    }

    static int code(ChronoUnit calendarUnit) {
        int code = 0;
        while (CALENDAR_UNITS[code] != calendarUnit) {
            code++;
        }
        return code;
    }
}
