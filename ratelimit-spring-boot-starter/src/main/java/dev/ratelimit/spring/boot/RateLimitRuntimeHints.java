package dev.ratelimit.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;

/**
 * What a native image must hold: the scripts of Redis, the tables of quotas, the page of usage, and the tier file in
 * its usual places. It is named in {@code aot.factories}, so that a start loads nothing of it.
 */
final class RateLimitRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader loader) {
        hints.resources()
                .registerPattern("dev/ratelimit/redis/*.lua")
                .registerPattern("ratelimit-jdbc/*/*.sql")
                .registerPattern("dev/ratelimit/spring/page/page.*")
                .registerPattern("tiers.yaml")
                .registerPattern("tiers.yml");
        // Where quotas are in memory it is no bean, so Boot gives no hints for it. Its names are known there, too.
        BindableRuntimeHintsRegistrar.forTypes(JdbcProperties.class).registerHints(hints);
    }
}
