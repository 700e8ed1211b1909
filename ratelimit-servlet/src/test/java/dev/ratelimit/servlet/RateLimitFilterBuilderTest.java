package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RateLimitFilterBuilderTest {

    private final RateLimitFilterBuilder builder = RateLimitFilter.builder(
            InMemoryRateLimiter.builder().tier(Tier.named("tier").build()).build());

    @Test
    void whoCallsMustBeSet() {
        builder.endpoint("GET", "/chat", "chat");
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("who calls must be set: by keys(..), organization(..) or caller(..)");
    }

    @Test
    void endpointsMustBeSet() {
        builder.organization(request -> Optional.of("acme"));
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("endpoints must be set: by endpoint(..) or endpoints(..)");
        assertThat(builder.endpoints(request -> Optional.empty()).build()).isNotNull();
    }
}
