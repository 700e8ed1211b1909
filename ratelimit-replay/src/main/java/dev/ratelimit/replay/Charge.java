package dev.ratelimit.replay;

import dev.ratelimit.Unit;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/**
 * What each row uses of a unit: the sum of some columns.
 *
 * @param unit what is used
 * @param columns the columns that add up
 */
record Charge(Unit unit, List<String> columns) {

    /** Reads {@code UNIT=COLUMN[+COLUMN...]}. */
    static Charge parse(String text) {
        int equals = text.indexOf('=');
        List<String> columns = List.of(text.substring(equals + 1).split("\\+", -1));
        if (text.substring(0, Math.max(equals, 0)).isBlank() || columns.contains("")) {
            throw new TypeConversionException("must be UNIT=COLUMN[+COLUMN...]: " + text);
        }
        Unit unit = new Unit(text.substring(0, equals));
        if (unit.equals(Unit.CALLS)) {
            throw new TypeConversionException("must not charge calls, because every row is one call: " + text);
        }
        return new Charge(unit, columns);
    }
}
