package dev.ratelimit.replay;

/** Amounts as a trace and the command line write them. */
final class WholeNumber {

    /** The largest amount that a limiter takes. */
    static final long MAX = 1L << 53;

    static final String RULE = "must be a whole number between 0 and 2^53";

    private WholeNumber() {}

    static long read(char[] chars, int from, int length) {
        long value = length == 0 ? -1 : 0;
        for (int i = from; i < from + length && value >= 0; i++) {
            int digit = chars[i] - '0';
            value = digit >= 0 && digit <= 9 && value <= MAX ? value * 10 + digit : -1;
        }
        if (value < 0 || value > MAX) {
            throw new BadValueException(RULE);
        }
        return value;
    }
}
