package dev.ratelimit.replay;

import dev.ratelimit.Member;
import picocli.CommandLine.TypeConversionException;

/**
 * Where the members of a kind stand.
 *
 * @param kind what they are
 * @param column the column of their names; a call without a name there is of none of them
 */
record MemberColumn(String kind, String column) {

    /** Reads {@code KIND=COLUMN}. */
    static MemberColumn parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 0 || equals == text.length() - 1) {
            throw new TypeConversionException("must be KIND=COLUMN: " + text);
        }
        try {
            return new MemberColumn(new Member(text.substring(0, equals), "").kind(), text.substring(equals + 1));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
