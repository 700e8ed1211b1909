package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spring.boot.RateLimitProperties.Bounds;
import dev.ratelimit.spring.boot.RateLimitProperties.Filter;
import dev.ratelimit.spring.boot.RateLimitProperties.Jdbc;
import dev.ratelimit.spring.boot.RateLimitProperties.Redis;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;

/** What properties are unless stated. */
class PropertyDefaultsTest {

    @Test
    void groupsOfWhichNothingIsStatedAreWhatBootMakesOfNothing() {
        Binder nothing = new Binder();

        RateLimitProperties properties = nothing.bindOrCreate("ratelimit", RateLimitProperties.class);

        assertThat(properties.redis()).isEqualTo(nothing.bindOrCreate("ratelimit.redis", Redis.class));
        assertThat(properties.filter()).isEqualTo(nothing.bindOrCreate("ratelimit.filter", Filter.class));
        assertThat(properties.bounds()).isEqualTo(nothing.bindOrCreate("ratelimit.bounds", Bounds.class));
        assertThat(properties.jdbc()).isEqualTo(nothing.bindOrCreate("ratelimit.jdbc", Jdbc.class));
    }
}
