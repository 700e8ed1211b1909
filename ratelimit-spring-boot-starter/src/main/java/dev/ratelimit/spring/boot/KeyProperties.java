package dev.ratelimit.spring.boot;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * A key that the configuration names.
 *
 * @param digest the SHA-256 digest of the key, {@code sha256:} and 64 hexadecimal digits. Not of demo keys
 * @param key the key itself. Of demo keys only
 * @param organization whose calls the key's calls are
 * @param tier the name of the tier that they are under
 * @param id by which the key is named where the tier limits each key; of the digest the first 16 digits unless stated
 * @param members the members that the key's calls are of, by their kinds, such as {@code user: u7}
 * @param revoked whether the key is revoked for good
 * @param revokedUntil the first instant at which the key is valid again
 */
public record KeyProperties(
        @Nullable String digest,
        @Nullable String key,
        @Nullable String organization,
        @Nullable String tier,
        @Nullable String id,
        @DefaultValue Map<String, String> members,
        @DefaultValue("false") boolean revoked,
        @Nullable Instant revokedUntil) {

    /** Returns a text without the key. */
    @Override
    public String toString() {
        return "key of " + organization;
    }
}
