package dev.ratelimit.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Scope;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The names of limits in fields and bodies: the table, {@code /}, and the endpoint; or the group, between brackets.
 * That of a member's limit begins with its kind between slashes: {@code /user/calls per user/chat}.
 *
 * <p>A limit has one name, whatever else a tier has, since clients keep what they know by the name. Two limits of one
 * call never have the same. A table ends at the first slash, since one of its own is escaped, and so is a bracket at
 * the beginning of an endpoint. No table is empty, so no other name begins with a slash. A call names one member of a
 * kind.
 *
 * <p>A name has at most {@value #MAX} characters of printable ASCII, without quotes and backslashes. All else is
 * percent-encoded, and a longer name is cut. A tilde and 128 bits of SHA-256 then stand for the whole, and no other
 * name has a tilde.
 */
final class PolicyName {

    /** The most characters of a name. */
    static final int MAX = 64;

    private static final int BYTES_OF_DIGEST = 16;
    private static final int CHARS_OF_DIGEST = 22;
    private static final char CUT = '~';
    private static final String ALWAYS_ESCAPED = "%\"\\" + CUT;

    private final StringBuilder text = new StringBuilder(MAX);

    /** Where the text is cut if it becomes too long: an end of a whole character. */
    private int cut;

    private PolicyName() {}

    /** Returns the name of a limit. */
    static String of(AppliedLimit applied) {
        Scope scope = applied.scope();
        String table = applied.table();
        String kind = applied.member().map(member -> '/' + member.kind() + '/').orElse("");
        PolicyName name = new PolicyName();
        name.append(kind, 0, "");
        name.append(table, 0, "/");
        if (scope instanceof Scope.EachOtherEndpoint) {
            return name.orCut(kind + table);
        }
        name.literal('/');
        if (scope instanceof Scope.Group) {
            name.literal('[');
            name.append(scope.name(), 0, "");
            name.literal(']');
            return name.orCut(kind + table, "group", scope.name());
        }
        int first = scope.name().startsWith("[") ? 1 : 0;
        name.append(scope.name().substring(0, first), 0, "[");
        name.append(scope.name(), first, "");
        return name.orCut(kind + table, "endpoint", scope.name());
    }

    /** Returns any name, such as that of a unit, in the same form. */
    static String of(String other) {
        PolicyName name = new PolicyName();
        name.append(other, 0, "");
        return name.orCut(other);
    }

    private boolean isFull() {
        return text.length() > MAX;
    }

    private void append(String part, int from, String escaped) {
        for (int i = from; i < part.length() && !isFull(); ) {
            int character = part.codePointAt(i);
            if (character >= ' '
                    && character <= '~'
                    && ALWAYS_ESCAPED.indexOf(character) < 0
                    && escaped.indexOf(character) < 0) {
                literal((char) character);
            } else {
                escape(character);
            }
            i += Character.charCount(character);
        }
    }

    private void literal(char character) {
        text.append(character);
        remember();
    }

    private void escape(int character) {
        boolean isAlone = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
        byte[] bytes =
                isAlone ? surrogate(character) : Character.toString(character).getBytes(UTF_8);
        for (byte each : bytes) {
            text.append('%').append(hex(each >> 4)).append(hex(each));
        }
        remember();
    }

    /** Encodes a surrogate that stands alone as UTF-8 would encode a character of its number. */
    private static byte[] surrogate(int character) {
        return new byte[] {
            (byte) (0xE0 | (character >> 12)),
            (byte) (0x80 | ((character >> 6) & 0x3F)),
            (byte) (0x80 | (character & 0x3F))
        };
    }

    private static char hex(int digit) {
        return Character.toUpperCase(Character.forDigit(digit & 0xF, 16));
    }

    private void remember() {
        if (text.length() <= MAX - 1 - CHARS_OF_DIGEST) {
            cut = text.length();
        }
    }

    private String orCut(String... parts) {
        if (!isFull()) {
            return text.toString();
        }
        byte[] digest = Arrays.copyOf(digest(parts), BYTES_OF_DIGEST);
        text.setLength(cut);
        return text.append(CUT)
                .append(Base64.getUrlEncoder().withoutPadding().encodeToString(digest))
                .toString();
    }

    private static byte[] digest(String[] parts) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                update(sha256, part.length() + ":");
                update(sha256, part);
            }
            return sha256.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM must have SHA-256", e);
        }
    }

    /** Digests the UTF-16 units, so that texts which differ in lone surrogates only stay apart. */
    private static void update(MessageDigest digest, String text) {
        byte[] units = new byte[2 * Math.min(text.length(), 4_096)];
        int used = 0;
        for (int i = 0; i < text.length(); i++) {
            units[used++] = (byte) (text.charAt(i) >> 8);
            units[used++] = (byte) text.charAt(i);
            if (used == units.length) {
                digest.update(units, 0, used);
                used = 0;
            }
        }
        digest.update(units, 0, used);
    }
}
