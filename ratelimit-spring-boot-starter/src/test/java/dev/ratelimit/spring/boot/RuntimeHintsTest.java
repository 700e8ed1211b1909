package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeHint;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** What Spring finds in {@code aot.factories} when it makes a native image. */
class RuntimeHintsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev/ratelimit/redis/10-request.lua",
                "ratelimit-jdbc/postgresql/R__ratelimit_quotas.sql",
                "dev/ratelimit/spring/page/page.html",
                "tiers.yaml"
            })
    void aNativeImageHoldsTheFile(String file) {
        assertThat(RuntimeHintsPredicates.resource().forResource(file).test(hints()))
                .isTrue();
    }

    @Test
    void aNativeImageKnowsTheNamesOfPropertiesThatAreNotBound() {
        TypeHint properties = hints().reflection().getTypeHint(JdbcProperties.class);

        assertThat(properties).isNotNull();
        assertThat(properties.constructors())
                .singleElement()
                .satisfies(constructor -> assertThat(constructor.getParameterTypes())
                        .hasSameSizeAs(JdbcProperties.class.getRecordComponents()));
    }

    private static RuntimeHints hints() {
        RuntimeHints hints = new RuntimeHints();
        for (RuntimeHintsRegistrar registrar : SpringFactoriesLoader.forResourceLocation(
                        "META-INF/spring/aot.factories")
                .load(RuntimeHintsRegistrar.class)) {
            if (registrar instanceof RateLimitRuntimeHints) {
                registrar.registerHints(hints, RuntimeHintsTest.class.getClassLoader());
            }
        }
        return hints;
    }
}
