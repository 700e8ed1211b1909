package dev.ratelimit;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;

/**
 * A pattern of endpoint names: a text with one {@code *}, which matches any run of characters, the empty run and {@code
 * /} included. An immutable value.
 */
final class EndpointPattern {

    private static final char ANY_RUN = '*';

    private final String text;
    private final String prefix;
    private final String suffix;

    private EndpointPattern(String text, int star) {
        this.text = text;
        this.prefix = text.substring(0, star);
        this.suffix = text.substring(star + 1);
    }

    /** Tells whether what a row names is a pattern, and no endpoint. */
    static boolean isPattern(String named) {
        return named.indexOf(ANY_RUN) >= 0;
    }

    /**
     * Makes a pattern.
     *
     * @throws IllegalArgumentException if the text has two {@code *}, or nothing else
     */
    static EndpointPattern of(String text) {
        int star = text.indexOf(ANY_RUN);
        String shown = '"' + Printable.name(text) + '"';
        Arguments.require(text.indexOf(ANY_RUN, star + 1) < 0, "endpoint", "a name, or a pattern with one *", shown);
        Arguments.require(
                text.length() > 1, "endpoint", "more than a lone *; a row for all endpoints says it in words", shown);
        return new EndpointPattern(text, star);
    }

    /** Returns the text that the pattern was made of. */
    String text() {
        return text;
    }

    /** Returns the number of characters that are matched by themselves. */
    int literals() {
        return prefix.length() + suffix.length();
    }

    boolean matches(String endpoint) {
        return endpoint.length() >= literals() && endpoint.startsWith(prefix) && endpoint.endsWith(suffix);
    }

    /** Tells whether some name matches this pattern and another one. */
    boolean meets(EndpointPattern other) {
        boolean prefixes = prefix.startsWith(other.prefix) || other.prefix.startsWith(prefix);
        return prefixes && (suffix.endsWith(other.suffix) || other.suffix.endsWith(suffix));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EndpointPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** Returns the text. */
    @Override
    public String toString() {
        return text;
    }
}
