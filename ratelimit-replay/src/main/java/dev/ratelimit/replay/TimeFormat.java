package dev.ratelimit.replay;

/** How a trace writes its times. */
@FunctionalInterface
interface TimeFormat {

    /** The rule that every format adds to its own. */
    String RANGE = "between 1970 and 2262";

    /**
     * Reads a time.
     *
     * @param chars holds the text
     * @param from where the text begins
     * @param length how many characters it has
     * @return nanoseconds since 1970, at least 0
     * @throws BadValueException if the text is no time of this format
     */
    long read(char[] chars, int from, int length);
}
