package dev.ratelimit.spring.boot;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyRevoked;
import dev.ratelimit.Member;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.spi.TimeSource;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a key of the configuration stands for. It goes by the tiers that were read together with it.
 *
 * @param caller who calls with it
 * @param revoked whether it is revoked
 */
record ConfiguredKey(Caller caller, Optional<KeyRevoked> revoked) {

    private static final String PREFIX = "sha256:";
    private static final int DIGITS_OF_ID = 16;

    /** Returns who calls, or the refusal of a key that is revoked. */
    Resolution resolve(TimeSource time) {
        Optional<Rejected> refusal =
                revoked.isEmpty() ? Optional.empty() : revoked.get().refusalAt(time.instant());
        return refusal.isPresent() ? refusal.get() : caller;
    }

    /**
     * Reads a key that is named by its digest or, if it is a demo key, by itself.
     *
     * @param at the name of its property
     * @param keys takes the key
     */
    static void read(
            String at,
            KeyProperties key,
            boolean isDemo,
            Map<String, Tier> tiers,
            Map<KeyDigest, ConfiguredKey> keys,
            Findings findings) {
        Optional<KeyDigest> digest = isDemo ? ofDemo(at, key, findings) : ofDigest(at, key, findings);
        Optional<Tier> tier = tier(at + ".tier", key.tier(), tiers, findings);
        String organization = key.organization();
        boolean isNamed = organization != null && !organization.isBlank();
        findings.require(isNamed, at + ".organization", "must be the name of an organization");
        if (digest.isEmpty() || tier.isEmpty() || organization == null || !isNamed) {
            return;
        }
        String id = key.id() == null ? digest.get().hex().substring(0, DIGITS_OF_ID) : key.id();
        try {
            Caller caller = caller(organization, tier.get(), key.members(), id);
            boolean isNew = keys.putIfAbsent(digest.get(), new ConfiguredKey(caller, revoked(key))) == null;
            findings.require(isNew, at, "must be a key that is not stated before");
        } catch (IllegalArgumentException e) {
            findings.add(at, e);
        }
    }

    private static Optional<KeyDigest> ofDigest(String at, KeyProperties key, Findings findings) {
        findings.require(key.key() == null, at + ".key", "must be among ratelimit.api-keys.demo-keys, or be a digest");
        String digest = key.digest();
        if (digest == null || !digest.startsWith(PREFIX)) {
            findings.add(at + ".digest", "must be sha256: and 64 hexadecimal digits");
            return Optional.empty();
        }
        try {
            return Optional.of(KeyDigest.ofHex(digest.substring(PREFIX.length())));
        } catch (IllegalArgumentException e) {
            findings.add(at + ".digest", e);
            return Optional.empty();
        }
    }

    private static Optional<KeyDigest> ofDemo(String at, KeyProperties key, Findings findings) {
        findings.require(key.digest() == null, at + ".digest", "must be among ratelimit.api-keys.keys");
        String text = key.key();
        if (text == null) {
            findings.add(at + ".key", "must be the key");
            return Optional.empty();
        }
        return findings.attempt(at + ".key", () -> KeyDigest.of(text));
    }

    /** Finds a tier by its name. */
    static Optional<Tier> tier(String property, @Nullable String name, Map<String, Tier> tiers, Findings findings) {
        Tier tier = name == null ? null : tiers.get(name);
        findings.require(
                tier != null,
                property,
                tiers.isEmpty()
                        ? "needs tiers: set ratelimit.tiers-location or ratelimit.tiers"
                        : "must be the name of a tier, one of " + String.join(", ", tiers.keySet()));
        return Optional.ofNullable(tier);
    }

    private static Caller caller(String organization, Tier tier, Map<String, String> members, String id) {
        Caller caller = Caller.of(organization, tier);
        for (Map.Entry<String, String> member : members.entrySet()) {
            caller = caller.member(member.getKey(), member.getValue());
        }
        return tier.members().containsKey(Member.KEY) ? caller.key(id) : caller;
    }

    private static Optional<KeyRevoked> revoked(KeyProperties key) {
        return key.revoked() || key.revokedUntil() != null
                ? Optional.of(
                        new KeyRevoked(key.revoked() ? Optional.empty() : Optional.ofNullable(key.revokedUntil())))
                : Optional.empty();
    }
}
