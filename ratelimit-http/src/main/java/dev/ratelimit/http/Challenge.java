package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * What {@code WWW-Authenticate} says where a key is missing or refused (RFC 9110, section 11.6.1). An immutable value.
 */
public final class Challenge {

    private static final int MAX_REALM = 256;

    private final String text;
    private final String withKey;

    private Challenge(String text, String withKey) {
        this.text = text;
        this.withKey = withKey;
    }

    /**
     * Returns the challenge for keys in {@code Authorization: Bearer} (RFC 6750).
     *
     * @return {@code Bearer}; with {@code error="invalid_token"} where the call brought a key
     */
    public static Challenge bearer() {
        return new Challenge("Bearer", "Bearer error=\"invalid_token\"");
    }

    /**
     * Returns the challenge for keys in a field of one's own, such as {@code X-API-Key}.
     *
     * @param realm what the keys are for; printable ASCII, of at most {@value #MAX_REALM} characters
     * @return {@code ApiKey realm="..."}
     * @throws IllegalArgumentException if the realm has another character or is too long
     */
    public static Challenge apiKey(String realm) {
        requireNonNull(realm, "realm");
        boolean isPrintable = realm.chars().allMatch(c -> c >= ' ' && c <= '~');
        if (!isPrintable || realm.length() > MAX_REALM) {
            throw new IllegalArgumentException("realm must be printable ASCII of at most " + MAX_REALM
                    + " characters: realm=" + Printable.name(realm));
        }
        String text = "ApiKey realm=\"" + realm.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        return new Challenge(text, text);
    }

    String text(boolean hadKey) {
        return hadKey ? withKey : text;
    }

    /** Returns the challenge of a call without a key. */
    @Override
    public String toString() {
        return text;
    }
}
