package dev.ratelimit.config;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * One thing that is wrong in a tier file.
 *
 * @param file the name of the file
 * @param line the line, from 1
 * @param column the column, from 1, in Unicode code points
 * @param rule what is wrong, and what is allowed
 */
public record TierFileError(String file, int line, int column, String rule) {

    /**
     * Makes an error.
     *
     * @param file the name of the file
     * @param line the line, from 1
     * @param column the column, from 1
     * @param rule what is wrong, and what is allowed
     */
    public TierFileError {
        requireNonNull(file, "file");
        rule = Printable.text(rule);
    }

    /** Returns for example {@code tiers.yaml:12:9: unknown key "limt"; known are each, limit, together}. */
    @Override
    public String toString() {
        return Printable.name(file) + ':' + line + ':' + column + ": " + rule;
    }
}
