package dev.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of a bounded length: a long name becomes its beginning, an ellipsis and its SHA-256 digest. */
final class BoundedName {

    private static final String ELLIPSIS = "…";

    /** A UTF-16 unit takes at most this many bytes in UTF-8. */
    private static final int MOST_BYTES_OF_UNIT = 3;

    private static final int DIGITS_OF_DIGEST = 64;

    private BoundedName() {}

    /** Returns a name that takes at most some bytes in UTF-8: the name itself, if it does. */
    static String of(String name, int maxBytes) {
        if (name.length() * (long) MOST_BYTES_OF_UNIT <= maxBytes) {
            return name;
        }
        if (name.length() <= maxBytes && name.getBytes(UTF_8).length <= maxBytes) {
            return name;
        }
        int room = maxBytes - DIGITS_OF_DIGEST - MOST_BYTES_OF_UNIT;
        return beginning(name, room) + ELLIPSIS + HexFormat.of().formatHex(digest(name));
    }

    /** Returns as many whole characters of a name as fit into some bytes. */
    private static String beginning(String name, int room) {
        ByteBuffer bytes = ByteBuffer.allocate(room);
        CharBuffer chars = CharBuffer.wrap(name);
        UTF_8.newEncoder().encode(chars, bytes, true); // stops before the first character that does not fit, or is none
        return name.substring(0, chars.position());
    }

    /** Digests the UTF-16 units, so that names which differ in lone surrogates only stay apart. */
    private static byte[] digest(String name) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] units = new byte[2 * Math.min(name.length(), 4_096)];
            for (int from = 0; from < name.length(); ) {
                int to = Math.min(from + units.length / 2, name.length());
                for (int i = from; i < to; i++) {
                    units[2 * (i - from)] = (byte) (name.charAt(i) >> 8);
                    units[2 * (i - from) + 1] = (byte) name.charAt(i);
                }
                sha256.update(units, 0, 2 * (to - from));
                from = to;
            }
            return sha256.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM must have SHA-256", e);
        }
    }
}
