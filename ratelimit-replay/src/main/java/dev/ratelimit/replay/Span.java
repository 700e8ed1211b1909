package dev.ratelimit.replay;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** The notation of elapsed time on the command line: {@code 500ms 1s 60s 1m 24h 30d}. */
final class Span {

    private static final Pattern NOTATION = Pattern.compile("(\\d{1,18})(ms|s|m|h|d)");
    private static final Duration MAX = Duration.ofNanos(1L << 60);

    private Span() {}

    static boolean isNotationOf(String text) {
        return NOTATION.matcher(text).matches();
    }

    static Duration parse(String text) {
        Matcher matcher = NOTATION.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("must be a number and one of ms, s, m, h, d, such as 90s: " + text);
        }
        Duration unit = Duration.ofMillis(
                switch (matcher.group(2)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    case "h" -> 3_600_000;
                    default -> 86_400_000;
                });
        long number = Long.parseLong(matcher.group(1));
        if (number > MAX.dividedBy(unit)) {
            throw new TypeConversionException("must be at most 2^60 ns (36.5 years): " + text);
        }
        return unit.multipliedBy(number);
    }
}
