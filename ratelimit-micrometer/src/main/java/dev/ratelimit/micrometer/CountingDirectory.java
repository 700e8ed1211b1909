package dev.ratelimit.micrometer;

import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A directory that tells of the keys which another one refuses.
 *
 * @param keys resolves keys
 * @param refused is told of each refusal
 */
record CountingDirectory(KeyDirectory keys, Consumer<Rejected> refused) implements KeyDirectory {

    @Override
    public Resolution find(KeyDigest digest) {
        return told(keys.find(digest));
    }

    @Override
    public Resolution resolve(@Nullable String key) {
        return told(keys.resolve(key));
    }

    @Override
    public List<Tier> tiersOf(String organization) {
        return keys.tiersOf(organization);
    }

    private Resolution told(Resolution resolution) {
        if (resolution instanceof Rejected refusal) {
            refused.accept(refusal);
        }
        return resolution;
    }
}
