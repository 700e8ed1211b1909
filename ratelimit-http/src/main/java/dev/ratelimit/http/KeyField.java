package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;
import java.util.List;
import java.util.Optional;

/**
 * The field of a request that brings an API key. An immutable value.
 *
 * <pre>{@code
 * KeyField field = KeyField.bearer();
 *
 * Resolution who = keys.resolve(field.key(request.getOrDefault(field.name(), List.of())).orElse(null));
 * }</pre>
 *
 * <p>A request brings a key if it has the field once, and the key is of 1 to {@value #MAX_KEY} visible characters of
 * ASCII, without spaces. Anything else is no key: two fields, another scheme, a key of a megabyte. So it costs little
 * and is answered as a missing key is.
 */
public final class KeyField {

    /** The most characters of a key. */
    public static final int MAX_KEY = 8_192;

    private static final String SCHEME = "Bearer ";
    private static final String OF_NAMES = "!#$%&'*+-.^_`|~";
    private static final int MAX_NAME = 256;

    private final String name;
    private final String scheme;

    private KeyField(String name, String scheme) {
        this.name = name;
        this.scheme = scheme;
    }

    /**
     * Returns the field {@code Authorization} with the scheme {@code Bearer}, in any case (RFC 6750).
     *
     * @return the field
     */
    public static KeyField bearer() {
        return new KeyField("Authorization", SCHEME);
    }

    /**
     * Returns a field whose whole value is the key, such as {@code X-API-Key}.
     *
     * @param name the name of the field, a token of RFC 9110 of at most {@value #MAX_NAME} characters
     * @return the field
     * @throws IllegalArgumentException if that is no name of a field
     */
    public static KeyField named(String name) {
        requireNonNull(name, "name");
        boolean isName =
                !name.isEmpty() && name.length() <= MAX_NAME && name.chars().allMatch(KeyField::isOfName);
        if (!isName) {
            throw new IllegalArgumentException("name must be the name of an HTTP field: name=" + Printable.name(name));
        }
        return new KeyField(name, "");
    }

    private static boolean isOfName(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || OF_NAMES.indexOf(c) >= 0;
    }

    /**
     * Returns the name of the field.
     *
     * @return the name, for example {@code Authorization}
     */
    public String name() {
        return name;
    }

    /**
     * Returns the key that a request brings.
     *
     * @param values all values that the request has for the field
     * @return the key without its scheme; empty if the request brings none
     */
    public Optional<String> key(List<String> values) {
        if (values.size() != 1) {
            return Optional.empty();
        }
        String value = values.get(0);
        if (!value.regionMatches(true, 0, scheme, 0, scheme.length())) {
            return Optional.empty();
        }
        int begin = scheme.length();
        while (begin < value.length() && value.charAt(begin) == ' ') {
            begin++;
        }
        int end = value.length();
        while (end > begin && value.charAt(end - 1) == ' ') {
            end--;
        }
        boolean isBounded = end > begin && end - begin <= MAX_KEY;
        return isBounded && value.substring(begin, end).chars().allMatch(c -> c > ' ' && c <= '~')
                ? Optional.of(value.substring(begin, end))
                : Optional.empty();
    }

    /** Returns the name of the field. */
    @Override
    public String toString() {
        return name;
    }
}
