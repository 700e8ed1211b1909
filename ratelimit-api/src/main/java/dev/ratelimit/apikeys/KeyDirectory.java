package dev.ratelimit.apikeys;

import static dev.ratelimit.kernel.Arguments.require;
import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.spi.Printable;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Resolves keys to callers. {@link InMemoryKeyDirectory} is one. A host that keeps its keys in a database writes its
 * own, which gets digests only:
 *
 * <pre>{@code
 * KeyDirectory keys = digest -> {
 *   Row row = cache.find(digest.hex());
 *   return row == null ? Rejected.permanent(new KeyUnknown(), "") : Caller.of(row.organization(), row.tier());
 * };
 * }</pre>
 *
 * <p>Where the tier limits each key alone, the caller names it: {@link Caller#key Caller.of(..).key(id)}.
 *
 * <p>Every call asks the directory, on the caller's thread. So it should answer from memory. Implementations are safe
 * for use by many threads.
 */
@FunctionalInterface
public interface KeyDirectory {

    /**
     * Resolves the digest of a key.
     *
     * @param digest the digest of the key that a call brought
     * @return a {@link Caller}; or a {@link Rejected}, by {@link KeyRevoked} or {@link KeyUnknown}
     */
    Resolution find(KeyDigest digest);

    /**
     * Resolves a key. A call without a key is refused like one with an unknown key: a request without the header is
     * ordinary, and no error of the host.
     *
     * @param key the key as the request brings it, without a scheme such as {@code Bearer} before it; {@code null} if
     *     it brings none
     * @return a {@link Caller}; or a {@link Rejected}, by {@link KeyRevoked} or {@link KeyUnknown}
     */
    @SuppressWarnings(
            "exports") // the annotation is for tools: to require its module of users would bring them a dependency
    default Resolution resolve(@Nullable String key) {
        return key == null || key.isBlank() ? Rejected.permanent(new KeyUnknown(), "") : find(KeyDigest.of(key));
    }

    /**
     * Returns the tiers that the keys of an organization are under, for support: status and grants of an organization
     * ask for them, no call does.
     *
     * @param organization the organization
     * @return each tier once; empty if no key is of the organization, or if this directory cannot tell, which is what
     *     it does unless it says otherwise
     */
    default List<Tier> tiersOf(String organization) {
        requireNonNull(organization, "organization");
        return List.of();
    }

    /**
     * Makes a key of 256 random bits. It is kept nowhere: show it to the customer once, and register its digest.
     *
     * @param prefix what the key begins with, to tell kinds of keys apart by sight and to find lost ones in texts;
     *     ASCII letters, digits, {@code -} and {@code _}, or empty
     * @return the prefix and 43 characters of the same alphabet
     * @throws IllegalArgumentException if the prefix has another character
     */
    static String newKey(String prefix) {
        requireNonNull(prefix, "prefix");
        require(
                Pattern.matches("[A-Za-z0-9_-]*", prefix),
                "prefix",
                "of letters, digits, - and _",
                '"' + Printable.name(prefix) + '"');
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    }
}
