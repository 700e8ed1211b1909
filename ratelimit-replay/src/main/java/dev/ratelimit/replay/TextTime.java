package dev.ratelimit.replay;

import java.nio.CharBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;

/** ISO dates and times, separated by {@code T} or a blank, with an offset or in UTC. */
final class TextTime implements TimeFormat {

    private static final DateTimeFormatter WITH_T = separatedBy('T');
    private static final DateTimeFormatter WITH_BLANK = separatedBy(' ');
    private static final String RULE = "must be an ISO instant or yyyy-MM-dd HH:mm:ss[.fraction] (UTC), " + RANGE;

    private static DateTimeFormatter separatedBy(char separator) {
        return new DateTimeFormatterBuilder()
                .append(DateTimeFormatter.ISO_LOCAL_DATE)
                .appendLiteral(separator)
                .append(DateTimeFormatter.ISO_LOCAL_TIME)
                .appendPattern("[XXX][XX][X]")
                .parseDefaulting(ChronoField.OFFSET_SECONDS, 0)
                .toFormatter(Locale.ROOT)
                .withResolverStyle(ResolverStyle.STRICT);
    }

    @Override
    public long read(char[] chars, int from, int length) {
        CharBuffer text = CharBuffer.wrap(chars, from, length);
        try {
            int afterDate = "yyyy-MM-dd".length();
            boolean blank = length > afterDate && text.charAt(afterDate) == ' ';
            Instant time = Instant.from((blank ? WITH_BLANK : WITH_T).parse(text));
            long nanos = Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
            if (nanos >= 0) {
                return nanos;
            }
        } catch (DateTimeException | ArithmeticException e) {
            if (length > 0 && text.chars().allMatch(c -> Character.isDigit(c) || c == '.')) {
                throw new BadValueException(RULE + "; for numbers state --time-unit");
            }
        }
        throw new BadValueException(RULE);
    }
}
