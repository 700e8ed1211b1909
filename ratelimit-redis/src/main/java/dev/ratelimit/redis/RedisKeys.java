package dev.ratelimit.redis;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.MeterKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The names of the keys in Redis.
 *
 * <pre>
 *   ratelimit:{acme}:m:default/minutes/e/chat/calls/w60000000000  head of a meter
 *   ratelimit:{acme}:b:default/minutes/e/chat/calls/w60000000000  blocks of a window of more than 32 marks
 *   ratelimit:{acme}:m:default/burst/e/chat/calls/b               a token bucket
 *   ratelimit:{acme}:m:default/in%0020flight/e/chat/calls/f       head of a limit in flight
 *   ratelimit:{acme}:b:default/in%0020flight/e/chat/calls/f       its charges that count, by their ends
 *   ratelimit:{acme}:n                                            those that no table names and that count alone
 *   ratelimit:{acme}:t                                            endpoints that a table names
 *   ratelimit:{acme}:r:5f0c…-17                                   receipt of a charge
 * </pre>
 *
 * <p>The text in braces is the hash tag: Redis Cluster puts keys of one tag into one slot, and so all keys of an
 * organization. It takes the text from the first brace to the next closing one, and the whole key if that is empty. So
 * a name is encoded: letters and digits of ASCII, {@code - _} and {@code .} stand for themselves, and every other
 * UTF-16 unit is {@code %} and four hexadecimal digits, which also tells lone surrogates apart. The empty name is
 * {@code %-}. A name that would be longer than 96 characters is {@code %s} and the SHA-256 digest of the name. No two
 * names are encoded alike (as far as SHA-256 tells), since {@code -} and {@code s} are no hexadecimal digits. Nor are
 * the {@code o} of {@code %o}, which stands for the endpoints that share meters, and the {@code t} of {@code %t}, which
 * stands for a time in the lists of endpoints.
 *
 * <p>The span of a meter stands last: {@code w} and nanoseconds for a window, {@code p} and its name for a period,
 * {@code b} for a bucket, {@code f} for what is in flight. A limit of single calls has no key.
 *
 * <p>The lists {@code n} and {@code t} are sorted sets of escaped names, by the time until which they may count
 * something.
 */
final class RedisKeys {

    /**
     * Stands in a list for all endpoints beyond the bound, which share the meters of their rows, and in a meter for
     * {@link Scope.Endpoint#OVERFLOW}. The overflow of a row with patterns has a name in a meter as endpoints have.
     */
    static final String OVERFLOW = "%o";

    /** Stands in a list of endpoints for the latest time at which something was listed there. */
    static final String WRITTEN = "%t";

    /** The list of the endpoints that no table names, which are bounded. */
    static final String UNLISTED = "n";

    /** The list of the endpoints that a table names. */
    static final String NAMED = "t";

    private static final int LONGEST = 96;
    private static final int SLICE = 4_096;

    private RedisKeys() {}

    /** Returns what all keys of an organization begin with. */
    static String base(String prefix, String organization) {
        return prefix + "{" + encode(organization) + "}:";
    }

    /**
     * Encodes a name as a part of a key: never empty, without braces, slashes and colons, and at most 96 characters.
     */
    static String encode(String name) {
        if (name.length() <= LONGEST) {
            String escaped = escape(name);
            if (escaped.length() <= LONGEST) {
                return escaped;
            }
        }
        return "%s" + digest(name);
    }

    /** Encodes what shares a meter. */
    static String encode(Scope scope) {
        return scope.equals(Scope.Endpoint.OVERFLOW) ? OVERFLOW : encode(scope.name());
    }

    /** Encodes what a meter counts over; no two spans alike. */
    static String encode(MeterKey.Span span) {
        if (span instanceof MeterKey.Window window) {
            return "w" + window.length().toNanos();
        } else if (span instanceof MeterKey.Period period) {
            return "p" + encode(nameOf(period.period()));
        }
        return span instanceof MeterKey.Bucket ? "b" : span instanceof MeterKey.InFlight ? "f" : "c";
    }

    private static String nameOf(QuotaPeriod period) {
        if (period instanceof CalendarPeriod calendar) {
            return calendar.unit() + " " + calendar.anchor() + " " + calendar.zone();
        }
        return period instanceof FixedPeriod fixed
                ? "Fixed " + fixed.length().toNanos() + " " + fixed.anchor()
                : "lifetime";
    }

    /** Returns what the lists have for an endpoint. */
    static String listed(Scope.Endpoint endpoint) {
        return endpoint.equals(Scope.Endpoint.OVERFLOW) ? OVERFLOW : escape(endpoint.name());
    }

    /** Returns the name of an endpoint that a list has. */
    static String unlisted(String listed) {
        return listed.equals(OVERFLOW) ? Scope.Endpoint.OVERFLOW.name() : unescape(listed);
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

    /** Digests the UTF-16 units of a name, some at a time: a caller may make up a name of any length. */
    private static String digest(String name) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            ByteBuffer units = ByteBuffer.allocate(Character.BYTES * Math.min(name.length(), SLICE));
            for (int from = 0; from < name.length(); from += SLICE) {
                int to = Math.min(from + SLICE, name.length());
                units.asCharBuffer().put(name, from, to);
                sha256.update(units.array(), 0, Character.BYTES * (to - from));
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM must have SHA-256", e);
        }
    }
}
