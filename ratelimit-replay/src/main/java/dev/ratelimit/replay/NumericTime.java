package dev.ratelimit.replay;

import picocli.CommandLine.TypeConversionException;

/** Numbers of a unit of time, since 1970 or of a duration; what a fraction says below a nanosecond is dropped. */
enum NumericTime implements TimeFormat {
    /** Seconds. */
    S("seconds", 9),
    /** Milliseconds. */
    MS("milliseconds", 6),
    /** Microseconds. */
    US("microseconds", 3),
    /** Nanoseconds. */
    NS("nanoseconds", 0);

    /** The digits of {@link Long#MAX_VALUE}: a number of as many that is greater wraps once, to a negative one. */
    private static final int MAX_DIGITS = 19;

    private final int fractionDigits;
    private final long nanos;
    private final String timeRule;
    private final String durationRule;

    NumericTime(String plural, int fractionDigits) {
        this.fractionDigits = fractionDigits;
        this.nanos = powerOfTen(fractionDigits);
        String number = "must be a number of " + plural;
        this.timeRule = number + " since 1970, " + RANGE;
        this.durationRule = number + " between 0 and 292 years";
    }

    /** Reads the name of a unit. */
    static NumericTime parse(String text) {
        return switch (text) {
            case "s" -> S;
            case "ms" -> MS;
            case "us" -> US;
            case "ns" -> NS;
            default -> throw new TypeConversionException("must be one of s, ms, us, ns: " + text);
        };
    }

    @Override
    public long read(char[] chars, int from, int length) {
        return read(chars, from, length, timeRule);
    }

    /**
     * Reads how long something took.
     *
     * @return nanoseconds, at least 0
     * @throws BadValueException if the text is no number of this unit, or of too many
     */
    long readDuration(char[] chars, int from, int length) {
        return read(chars, from, length, durationRule);
    }

    private long read(char[] chars, int from, int length, String rule) {
        int end = from + length;
        int point = endOfDigits(chars, from, end);
        int fractionEnd = point < end && chars[point] == '.' ? endOfDigits(chars, point + 1, end) : point;
        int fractionLength = Math.min(fractionDigits, Math.max(0, fractionEnd - point - 1));
        boolean wellFormed = point > from && fractionEnd == end && chars[end - 1] != '.';
        if (!wellFormed || point - from > MAX_DIGITS) {
            throw new BadValueException(rule);
        }
        long whole = number(chars, from, point);
        long fraction = fractionLength == 0
                ? 0
                : number(chars, point + 1, point + 1 + fractionLength) * powerOfTen(fractionDigits - fractionLength);
        if (whole < 0 || whole > (Long.MAX_VALUE - fraction) / nanos) {
            throw new BadValueException(rule);
        }
        return whole * nanos + fraction;
    }

    private static int endOfDigits(char[] chars, int from, int end) {
        int i = from;
        while (i < end && chars[i] >= '0' && chars[i] <= '9') {
            i++;
        }
        return i;
    }

    private static long number(char[] chars, int from, int end) {
        long number = 0;
        for (int i = from; i < end; i++) {
            number = number * 10 + (chars[i] - '0');
        }
        return number;
    }

    private static long powerOfTen(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 10;
        }
        return power;
    }
}
