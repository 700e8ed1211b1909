package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * A member of an organization, whose limits decide a call together with those of the organization: a user, a project,
 * an address. A member belongs to one organization; of another one, a member of the same name is somebody else.
 *
 * <p>Callers make names up, so their length is bounded as that of an {@linkplain Scope.Endpoint endpoint}: a name of
 * more than {@value #MAX_BYTES} bytes in UTF-8 is cut, and its SHA-256 digest stands in place of the rest.
 *
 * @param kind what the member is, such as {@code user}: an ASCII letter and up to 63 more letters, digits, {@code -} or
 *     {@code _}
 * @param name which one of its kind it is, or what stands for a long name
 */
public record Member(String kind, String name) {

    /** The most bytes of a name, in UTF-8. */
    public static final int MAX_BYTES = 256;

    /** The kind of API keys, which {@link Caller#key} names. */
    public static final String KEY = "key";

    private static final String OVERFLOW = "(further members)";
    private static final int MAX_KIND = 64;

    /**
     * Makes a member.
     *
     * @param kind what the member is
     * @param name which one of its kind it is
     * @throws IllegalArgumentException if the kind is no word of that form
     */
    public Member {
        requireKind(kind);
        name = BoundedName.of(requireNonNull(name, "name"), MAX_BYTES);
    }

    static String requireKind(String kind) {
        if (!isWord(requireNonNull(kind, "kind"))) {
            throw new IllegalArgumentException(
                    "kind must be a letter and up to 63 letters, digits, - or _: kind=\"" + Printable.name(kind) + '"');
        }
        return kind;
    }

    /* Each call that names a member asks this. A regular expression takes longer. */
    private static boolean isWord(String kind) {
        boolean isWord = !kind.isEmpty() && kind.length() <= MAX_KIND && isLetter(kind.charAt(0));
        for (int i = 1; isWord && i < kind.length(); i++) {
            char c = kind.charAt(i);
            isWord = isLetter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
        }
        return isWord;
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /**
     * Returns what stands for all members of a kind that have no meters of their own, because an organization has more
     * members than a limiter counts one by one. A member that is really called so shares their meters.
     *
     * @param kind what the members are
     * @return the member {@code (further members)} of that kind
     * @throws IllegalArgumentException if the kind is no word of that form
     */
    public static Member overflow(String kind) {
        return new Member(kind, OVERFLOW);
    }

    /**
     * Tells whether this stands for members that have no meters of their own.
     *
     * @return true if it does, or if a member is really called so
     */
    public boolean isOverflow() {
        return name.equals(OVERFLOW);
    }

    /** Returns for example {@code user "u7"}. */
    @Override
    public String toString() {
        return kind + " \"" + Printable.name(name) + '"';
    }
}
