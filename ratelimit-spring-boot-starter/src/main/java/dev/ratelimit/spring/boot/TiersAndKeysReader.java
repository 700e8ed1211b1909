package dev.ratelimit.spring.boot;

import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.config.TierFile;
import dev.ratelimit.config.TierFileException;
import dev.ratelimit.spring.boot.RateLimitProperties.ApiKeys;
import dev.ratelimit.spring.boot.RateLimitPropertyException.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ResourceLoader;

/** Reads the tiers and the keys, from the properties and from the files that they name. */
final class TiersAndKeysReader {

    private static final String TIERS_LOCATION = "ratelimit.tiers-location";
    private static final String KEYS_LOCATION = "ratelimit.api-keys.keys-location";

    private static final Bindable<List<KeyProperties>> LIST_OF_KEYS = Bindable.listOf(KeyProperties.class);

    /** Enough for 100,000 keys. */
    private static final int MOST_BYTES = 1 << 24;

    private final RateLimitProperties properties;
    private final Environment environment;
    private final ResourceLoader resources;

    /**
     * What both files are; empty where none is named.
     *
     * @param tiers the bytes of tiers-location
     * @param keys the bytes of keys-location
     */
    record Files(ByteBuffer tiers, ByteBuffer keys) {}

    TiersAndKeysReader(RateLimitProperties properties, Environment environment, ResourceLoader resources) {
        this.properties = properties;
        this.environment = environment;
        this.resources = resources;
    }

    /**
     * Returns what the files are now.
     *
     * @throws RateLimitPropertyException if one cannot be read
     */
    Files files() {
        return new Files(
                ByteBuffer.wrap(bytes(TIERS_LOCATION, properties.tiersLocation())),
                ByteBuffer.wrap(bytes(KEYS_LOCATION, properties.apiKeys().keysLocation())));
    }

    /**
     * Reads everything.
     *
     * @param files what the files are
     * @return the tiers and the keys
     * @throws RateLimitPropertyException if something is wrong
     */
    TiersAndKeys read(Files files) {
        Findings findings = new Findings();
        Map<String, Tier> tiers = tiers(files.tiers().array(), findings);
        findings.throwIfAny(); // keys would be found to name tiers that are not there
        Map<KeyDigest, ConfiguredKey> keys = keys(files.keys().array(), tiers, findings);
        requireTier("ratelimit.default-tier", properties.defaultTier(), tiers, findings);
        if (properties.anonymous() != null) {
            ConfiguredKey.tier(
                    "ratelimit.anonymous.tier", properties.anonymous().tier(), tiers, findings);
        }
        findings.throwIfAny();
        return new TiersAndKeys(tiers, Map.copyOf(keys));
    }

    private static void requireTier(String property, @Nullable String name, Map<String, Tier> tiers, Findings to) {
        if (name != null) {
            ConfiguredKey.tier(property, name, tiers, to);
        }
    }

    private byte[] bytes(String property, @Nullable String location) {
        if (location == null) {
            return new byte[0];
        }
        if (!location.startsWith("classpath:") && !location.startsWith("file:")) {
            throw new RateLimitPropertyException(property, "must begin with classpath: or file:");
        }
        byte[] bytes;
        try (InputStream in = resources.getResource(location).getInputStream()) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (IOException e) {
            throw new RateLimitPropertyException(property, "must be a file that can be read: " + e.getMessage());
        }
        if (bytes.length > MOST_BYTES) {
            throw new RateLimitPropertyException(property, "must be a file of at most " + MOST_BYTES + " bytes");
        }
        return bytes;
    }

    private Map<String, Tier> tiers(byte[] file, Findings findings) {
        String location = properties.tiersLocation();
        boolean isInline = properties.tiers() != null || properties.units() != null || properties.endpoints() != null;
        if (location == null) {
            return isInline ? InlineTiers.read(properties, this::source, findings) : Map.of();
        }
        findings.require(
                !isInline,
                TIERS_LOCATION,
                "must not be set beside ratelimit.tiers, ratelimit.units or ratelimit.endpoints");
        try {
            return TierFile.parse(file, location).tiers();
        } catch (TierFileException e) {
            e.errors().forEach(error -> findings.add(TIERS_LOCATION, error.toString()));
            return Map.of();
        }
    }

    private @Nullable Object source(String property) {
        ConfigurationProperty found = RateLimitFailureAnalyzer.find(environment, property);
        return found == null ? null : found.getValue();
    }

    private Map<KeyDigest, ConfiguredKey> keys(byte[] file, Map<String, Tier> tiers, Findings findings) {
        ApiKeys stated = properties.apiKeys();
        Map<KeyDigest, ConfiguredKey> keys = new HashMap<>();
        read("ratelimit.api-keys.keys", stated.keys(), false, tiers, keys, findings);
        read("ratelimit.api-keys.demo-keys", stated.demoKeys(), true, tiers, keys, findings);
        if (stated.keysLocation() != null) {
            Findings ofFile = new Findings();
            read("keys", listed(file, stated.keysLocation()), false, tiers, keys, ofFile);
            try {
                ofFile.throwIfAny();
            } catch (RateLimitPropertyException e) {
                e.findings().forEach(finding -> findings.add(KEYS_LOCATION, finding.toString()));
            }
        }
        return keys;
    }

    private static void read(
            String at,
            List<KeyProperties> list,
            boolean areDemo,
            Map<String, Tier> tiers,
            Map<KeyDigest, ConfiguredKey> keys,
            Findings findings) {
        for (int i = 0; i < list.size(); i++) {
            ConfiguredKey.read(at + '[' + i + ']', list.get(i), areDemo, tiers, keys, findings);
        }
    }

    /** Reads a file of keys as Boot reads its own. */
    private static List<KeyProperties> listed(byte[] bytes, String location) {
        Findings findings = new Findings();
        try {
            List<PropertySource<?>> file =
                    new YamlPropertySourceLoader().load(location, new ByteArrayResource(bytes, location));
            Iterable<ConfigurationPropertySource> sources = ConfigurationPropertySources.from(file);
            for (Finding unknown :
                    UnknownProperties.findings("keys", LIST_OF_KEYS.getType().getType(), sources)) {
                findings.add(KEYS_LOCATION, unknown.toString());
            }
            findings.throwIfAny();
            Optional<List<KeyProperties>> keys = Optional.ofNullable(
                    new Binder(sources).bind("keys", LIST_OF_KEYS).orElse(null));
            return keys.orElseThrow(
                    () -> new RateLimitPropertyException(KEYS_LOCATION, "must be a file with a list \"keys\""));
        } catch (IOException | BindException e) {
            throw new RateLimitPropertyException(KEYS_LOCATION, "must be a file of keys: " + e.getMessage());
        } catch (RateLimitPropertyException e) {
            throw e;
        } catch (RuntimeException e) { // what the reader of YAML throws has no type of Boot's
            throw new RateLimitPropertyException(KEYS_LOCATION, "must be a file of YAML: " + e.getMessage());
        }
    }
}
