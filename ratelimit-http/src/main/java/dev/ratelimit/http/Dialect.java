package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.ratelimit.spi.Printable;
import java.util.Arrays;

/** The names and forms of the fields by which clients learn where they stand. */
public enum Dialect {

    /**
     * {@code RateLimit-Policy} and {@code RateLimit} of draft-ietf-httpapi-ratelimit-headers-11, as structured fields
     * of RFC 9651.
     */
    IETF("ietf-draft-11"),

    /**
     * {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset} of the tightest limit. The reset is a number of
     * seconds from now on.
     */
    X_RATELIMIT("x-ratelimit"),

    /** As {@link #X_RATELIMIT}, but the reset is a number of seconds since the Unix epoch. */
    X_RATELIMIT_EPOCH("x-ratelimit-epoch"),

    /** {@code x-ratelimit-limit-requests} and {@code -tokens}, and their like; the reset is such as {@code 6m0s}. */
    OPENAI("openai"),

    /**
     * {@code anthropic-ratelimit-requests-limit}, {@code -tokens-limit}, {@code -input-tokens-limit} and {@code
     * -output-tokens-limit}, and their like; the reset is a time as RFC 3339 has it.
     */
    ANTHROPIC("anthropic"),

    /** No fields but those of a refusal. */
    NONE("none");

    private static final String NEWEST = "ietf";

    private final String text;

    Dialect(String text) {
        this.text = text;
    }

    /**
     * Returns the dialect of a name.
     *
     * @param name {@code ietf}, the newest draft, or what {@link #toString()} returns
     * @return the dialect
     * @throws IllegalArgumentException if there is none of this name; it lists all names
     */
    public static Dialect of(String name) {
        requireNonNull(name, "name");
        if (name.equals(NEWEST)) {
            return IETF;
        }
        for (Dialect dialect : values()) {
            if (dialect.text.equals(name)) {
                return dialect;
            }
        }
        String known = Arrays.stream(values()).map(Dialect::toString).collect(joining(", ", NEWEST + ", ", ""));
        throw new IllegalArgumentException("name must be one of " + known + ": name=" + Printable.name(name));
    }

    /** Returns the name, for example {@code x-ratelimit}. */
    @Override
    public String toString() {
        return text;
    }
}
