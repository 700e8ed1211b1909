package dev.ratelimit.core;

import dev.ratelimit.kernel.CalendarPeriod;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;

/** The numbers of the snapshot format, which {@code docs/SNAPSHOT.md} describes byte by byte. */
final class SnapshotFormat {

    /** The letters RLIMSNAP. */
    static final long MAGIC = 0x524C494D534E4150L;

    /**
     * The version that is written. Others can be read: version 1 knew nothing of wall clocks that jump, and version 2
     * knew only windows and periods that begin at midnight, on Monday, on 1 January, or in a month. Version 3 knew no
     * members.
     */
    static final int VERSION = 4;

    /** The most bytes of payload in a block. */
    static final int MAX_BLOCK = 1 << 14;

    /** The most bytes of a string in UTF-8. A longer string is written in UTF-16, which any string fits. */
    static final int MAX_UTF_8 = 1 << 24;

    /** The most keys that are numbered, from 0. As a number it marks a key that is not numbered. */
    static final int MAX_KEYS = 0xFFFF;

    static final int END = 0;
    static final int ORGANIZATION = 1;

    static final int UTF_8 = 0;

    /** The encoding of strings with half of a surrogate pair, which UTF-8 cannot hold, and of very long ones. */
    static final int UTF_16 = 1;

    static final int ENDPOINT = 0;
    static final int GROUP = 1;

    static final int WINDOW = 0;
    static final int CALENDAR = 1;
    static final int LIFETIME = 2;
    static final int FIXED = 3;
    static final int BUCKET = 4;
    static final int IN_FLIGHT = 5;

    /** The day that the first start of a calendar period is counted from. */
    static final LocalDateTime FIRST_DAY = CalendarPeriod.MONDAY_1_JANUARY;

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
