package dev.ratelimit.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The names of the keys in Redis.
 *
 * <pre>
 *   ratelimit:{acme}:m:default/minutes/e/chat/calls/w60000000000     head of a meter
 *   ratelimit:{acme}:b:default/minutes/e/chat/calls/w60000000000     blocks of a window of more than 32 marks
 *   ratelimit:{acme}:n                                               endpoints that have used something by themselves
 *   ratelimit:{acme}:r:5f0c…-17                                      receipt of a charge
 * </pre>
 *
 * <p>What stands in braces is the hash tag: Redis Cluster puts keys of one tag into one slot, and so all keys of an organization. It
 * takes the text from the first brace to the next closing one, and the whole key if that is empty. So a name is encoded:
 * letters and digits of ASCII, {@code - _} and {@code .} stand for themselves, and every other UTF-16 unit is {@code %} and four
 * hexadecimal digits, which also tells lone surrogates apart. The empty name is {@code %-}. A name that is longer than 96 characters
 * then is {@code %s} and the SHA-256 digest of what it was encoded to. No two names are encoded alike (as far as SHA-256 tells), since
 * {@code -} and {@code s} are no hexadecimal digits; nor is the {@code o} of {@code %o}, which stands for the endpoints that share meters.
 */
final class Keys {

    /** Stands for all endpoints that are too many to have meters of their own; no name is encoded to it. */
    static final String SHARED = "%o";

    private static final int LONGEST = 96;

    private Keys() {}

    /** Returns what all keys of an organization begin with. */
    static String base(String prefix, String organization) {
        return prefix + "{" + encode(organization) + "}:";
    }

    /** Encodes a name as a part of a key: never empty, without braces, slashes and colons, and at most 96 characters. */
    static String encode(String name) {
        String encoded = escape(name);
        return encoded.length() <= LONGEST ? encoded : "%s" + digest(encoded);
    }

    /** Encodes a name of any length so that {@link #unescape} brings it back. */
    static String escape(String name) {
        if (name.isEmpty()) {
            return "%-";
        }
        StringBuilder escaped = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (standsForItself(c)) {
                escaped.append(c);
            } else {
                escaped.append('%').append(HexFormat.of().toHexDigits(c));
            }
        }
        return escaped.toString();
    }

    static String unescape(String escaped) {
        if (escaped.equals("%-")) {
            return "";
        }
        StringBuilder name = new StringBuilder(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c == '%') {
                name.append((char) HexFormat.fromHexDigits(escaped, i + 1, i + 5));
                i += 4;
            } else {
                name.append(c);
            }
        }
        return name.toString();
    }

    private static boolean standsForItself(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '_'
                || c == '.';
    }

    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM must have SHA-256", e);
        }
    }
}
