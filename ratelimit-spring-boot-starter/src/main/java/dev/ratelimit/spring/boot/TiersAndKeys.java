package dev.ratelimit.spring.boot;

import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDigest;
import java.util.Map;

/**
 * The tiers and the keys that were read at one time. They are taken over together, so that no key names a tier that is
 * not there.
 *
 * @param tiers the tiers by name, in the order of their file
 * @param keys the keys
 */
record TiersAndKeys(Map<String, Tier> tiers, Map<KeyDigest, ConfiguredKey> keys) {}
