package dev.ratelimit.spring.boot;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.spi.TimeSource;
import java.util.List;

/**
 * The keys of the configuration.
 *
 * @param catalog has them, as they were read last
 * @param time tells whether a revocation is over
 */
record ConfiguredKeys(TierCatalog catalog, TimeSource time) implements KeyDirectory {

    private static final Rejected UNKNOWN = Rejected.permanent(new KeyUnknown(), "");

    @Override
    public Resolution find(KeyDigest digest) {
        ConfiguredKey key = catalog.current().keys().get(requireNonNull(digest, "digest"));
        return key == null ? UNKNOWN : key.resolve(time);
    }

    @Override
    public List<Tier> tiersOf(String organization) {
        requireNonNull(organization, "organization");
        return catalog.current().keys().values().stream()
                .map(ConfiguredKey::caller)
                .filter(caller -> caller.organization().equals(organization))
                .map(Caller::tier)
                .distinct()
                .toList();
    }
}
