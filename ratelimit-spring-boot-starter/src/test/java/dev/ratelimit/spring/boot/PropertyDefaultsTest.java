package dev.ratelimit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spring.boot.BackendProperties.Bounds;
import dev.ratelimit.spring.boot.BackendProperties.Redis;
import dev.ratelimit.spring.boot.RequestProperties.Filter;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;

/** What properties are unless stated. */
class PropertyDefaultsTest {

    @Test
    void groupsOfWhichNothingIsStatedAreWhatBootMakesOfNothing() {
        Binder nothing = new Binder();

        RequestProperties requests = nothing.bindOrCreate("ratelimit", RequestProperties.class);
        BackendProperties backend = nothing.bindOrCreate("ratelimit", BackendProperties.class);

        assertThat(requests.filter()).isEqualTo(nothing.bindOrCreate("ratelimit.filter", Filter.class));
        assertThat(backend.redis()).isEqualTo(nothing.bindOrCreate("ratelimit.redis", Redis.class));
        assertThat(backend.bounds()).isEqualTo(nothing.bindOrCreate("ratelimit.bounds", Bounds.class));
    }
}
