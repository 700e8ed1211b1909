package dev.ratelimit.apikeys;

import static dev.ratelimit.kernel.Arguments.require;
import static java.util.Objects.requireNonNull;

import dev.ratelimit.KeyRevoked;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.Counted;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A directory of keys in memory.
 *
 * <pre>{@code
 * InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
 *     .trial(FaqEdition.trial())
 *     .production(organization -> productionTiers.get(organization)) // each with a spending limit of its own
 *     .build();
 *
 * KeyDigest digest = KeyDigest.of(key);
 * keys.register(digest, "acme", KeyKind.PRODUCTION_UNDER_REVIEW);
 * keys.changeKind(digest, KeyKind.PRODUCTION); // approved
 * keys.revoke(digest, tomorrow);
 * }</pre>
 *
 * <p>An organization may have any number of keys. Keys are named by their digests; the keys themselves are never kept.
 *
 * <p>Safe for use by many threads. Looking up a key is lock-free. A change takes effect at the latest for look-ups that
 * begin after the changing method has returned; calls that were admitted before stay admitted. What a thread did before
 * a change happens-before what another thread does after a look-up that saw the change.
 *
 * <p>Keys are kept until they are removed, and are lost with the object.
 */
public final class InMemoryKeyDirectory implements KeyDirectory {

    private static final Rejected UNKNOWN = Rejected.permanent(new KeyUnknown(), "");

    private final ConcurrentHashMap<KeyDigest, RegisteredKey> keys = new ConcurrentHashMap<>();
    private final TierResolver trial;
    private final TierResolver production;
    private final TimeSource time;

    private InMemoryKeyDirectory(TierResolver trial, TierResolver production, TimeSource time) {
        this.trial = trial;
        this.production = production;
        this.time = time;
    }

    /**
     * Begins a directory.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the resolver gives no tier for the organization
     */
    @Override
    public Resolution find(KeyDigest digest) {
        RegisteredKey key = keys.get(requireNonNull(digest, "digest"));
        return key != null ? key.resolve(trial, production, time) : UNKNOWN;
    }

    /**
     * {@inheritDoc} It looks at every key of the directory, and gives the tiers in the order of their names and
     * accounts.
     *
     * @throws IllegalStateException if a resolver gives no tier for the organization
     */
    @Override
    public List<Tier> tiersOf(String organization) {
        requireNonNull(organization, "organization");
        return keys.values().stream()
                .filter(key -> key.organization().equals(organization))
                .map(key -> key.tier(trial, production))
                .distinct()
                .sorted(Comparator.comparing(Tier::name).thenComparing(Tier::account))
                .toList();
    }

    /**
     * Adds a key.
     *
     * @param digest the digest of the key
     * @param organization whose calls the key's calls are
     * @param kind what the key is for
     * @throws IllegalArgumentException if the key is registered already, for any organization. Then nothing is changed,
     *     so that a revoked key stays revoked
     */
    public void register(KeyDigest digest, String organization, KeyKind kind) {
        register(digest, KeyRegistration.of(organization, kind));
    }

    /**
     * Adds a key with an id of the host's, or with members that its calls are of.
     *
     * @param digest the digest of the key
     * @param registration what is known of the key; without an id, the first 16 digits of the digest are its id
     * @throws IllegalArgumentException if the key is registered already, for any organization. Then nothing is changed,
     *     so that a revoked key stays revoked
     */
    public void register(KeyDigest digest, KeyRegistration registration) {
        requireNonNull(digest, "digest");
        requireNonNull(registration, "registration");
        RegisteredKey key = new RegisteredKey(registration.orId(digest), Optional.empty());
        require(keys.putIfAbsent(digest, key) == null, "digest", "of a key that is not registered", digest);
    }

    /**
     * Changes the kind of a key: puts it under review, approves it, or turns a trial key into a production key. A
     * revoked key stays revoked.
     *
     * @param digest the digest of the key
     * @param kind what the key is for from now on
     * @throws IllegalArgumentException if the key is not registered
     */
    public void changeKind(KeyDigest digest, KeyKind kind) {
        requireNonNull(kind, "kind");
        change(digest, key -> key.of(kind));
    }

    /**
     * Revokes a key for good, whether it was revoked before or not.
     *
     * @param digest the digest of the key
     * @throws IllegalArgumentException if the key is not registered
     */
    public void revoke(KeyDigest digest) {
        revoke(digest, Optional.of(new KeyRevoked(Optional.empty())));
    }

    /**
     * Revokes a key for a time. This replaces an earlier revocation, also a permanent one.
     *
     * @param digest the digest of the key
     * @param until the first instant at which the key is valid again, by the wall clock; one that is past ends the
     *     revocation
     * @throws IllegalArgumentException if the key is not registered
     */
    public void revoke(KeyDigest digest, Instant until) {
        requireNonNull(until, "until");
        revoke(digest, Optional.of(new KeyRevoked(Optional.of(until))));
    }

    /**
     * Makes a revoked key valid again. Its kind stays as it is.
     *
     * @param digest the digest of the key
     * @throws IllegalArgumentException if the key is not registered
     */
    public void reinstate(KeyDigest digest) {
        revoke(digest, Optional.empty());
    }

    private void revoke(KeyDigest digest, Optional<KeyRevoked> revoked) {
        change(digest, key -> key.of(revoked));
    }

    private void change(KeyDigest digest, UnaryOperator<RegisteredKey> change) {
        requireNonNull(digest, "digest");
        RegisteredKey changed = keys.computeIfPresent(digest, (same, key) -> change.apply(key));
        require(changed != null, "digest", "of a registered key", digest);
    }

    /**
     * Removes a key, which is unknown from then on. A key that leaked is better revoked, since a removed key can be
     * registered again.
     *
     * @param digest the digest of the key
     * @return whether it was registered
     */
    public boolean remove(KeyDigest digest) {
        return keys.remove(requireNonNull(digest, "digest")) != null;
    }

    /** Returns how many keys there are. */
    @Override
    public String toString() {
        return "InMemoryKeyDirectory of " + Counted.of(keys.mappingCount(), "keys");
    }

    /** Builds an {@link InMemoryKeyDirectory}. Not safe for use by many threads. */
    public static final class Builder {

        private @Nullable TierResolver trial;
        private @Nullable TierResolver production;
        private @Nullable String trialAccount;
        private @Nullable String productionAccount;
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /**
         * Sets the tier of all trial keys. Its account must be another than that of the production tier, so that they
         * do not add up.
         *
         * @param tier the tier
         * @return this builder
         */
        public Builder trial(Tier tier) {
            requireNonNull(tier, "tier");
            trial(organization -> tier).trialAccount = tier.account();
            return this;
        }

        /**
         * Lets a resolver say which tier an organization's trial keys are on; it is asked at every call of such a key,
         * and of a key under review. They add up with the production keys if their tiers name the same account.
         *
         * @param tiers the resolver
         * @return this builder
         */
        public Builder trial(TierResolver tiers) {
            this.trial = requireNonNull(tiers, "tiers");
            trialAccount = null;
            return this;
        }

        /**
         * Sets the tier of all production keys. Its account must be another than that of the trial tier, so that they
         * do not add up.
         *
         * @param tier the tier
         * @return this builder
         */
        public Builder production(Tier tier) {
            requireNonNull(tier, "tier");
            production(organization -> tier).productionAccount = tier.account();
            return this;
        }

        /**
         * Lets a resolver say which tier an organization's production keys are on, for example with its own spending
         * limit; it is asked at every call of such a key, and of a key under review. They add up with the trial keys if
         * their tiers name the same account.
         *
         * @param tiers the resolver
         * @return this builder
         */
        public Builder production(TierResolver tiers) {
            this.production = requireNonNull(tiers, "tiers");
            productionAccount = null;
            return this;
        }

        /**
         * Sets the clocks; those of the JVM unless stated. The wall clock decides whether a revocation is over.
         *
         * @param time the clocks
         * @return this builder
         */
        public Builder timeSource(TimeSource time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /**
         * Makes the directory.
         *
         * @return a directory without keys
         * @throws IllegalStateException if a tier was not set, that of trial keys or that of production keys, or if
         *     both have the same account
         */
        public InMemoryKeyDirectory build() {
            if (trial == null || production == null) {
                throw new IllegalStateException("a tier of trial keys and one of production keys must be set");
            }
            if (trialAccount != null && trialAccount.equals(productionAccount)) {
                throw new IllegalStateException(
                        "the tiers of trial and of production keys must have accounts of their own: account="
                                + Printable.name(trialAccount));
            }
            return new InMemoryKeyDirectory(trial, production, time);
        }
    }
}
