package dev.ratelimit.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/** What a native image must hold: the scripts of Redis, the tables of quotas, and the tier file in its usual places. */
final class RateLimitRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader loader) {
        hints.resources()
                .registerPattern("dev/ratelimit/redis/*.lua")
                .registerPattern("ratelimit-jdbc/*/*.sql")
                .registerPattern("tiers.yaml")
                .registerPattern("tiers.yml");
    }
}
