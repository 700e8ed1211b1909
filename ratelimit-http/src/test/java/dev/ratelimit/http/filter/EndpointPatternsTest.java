package dev.ratelimit.http.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndpointPatternsTest {

    @Test
    void theFirstPatternThatMatchesNamesTheEndpoint() {
        // sample: dev/ratelimit/http/filter/EndpointPatterns.java
        EndpointPatterns endpoints = EndpointPatterns.none()
                .with("*", "/v1/models/**", "models")
                .with("POST", "/v1/{endpoint}", "{endpoint}");

        endpoints.endpointOf("POST", "/v1/chat"); // chat
        // end of sample

        assertThat(endpoints.endpointOf("POST", "/v1/chat")).contains("chat");
        assertThat(endpoints.endpointOf("POST", "/v1/models")).contains("models");
        assertThat(endpoints.endpointOf("GET", "/v1/chat")).isEmpty();
        assertThat(endpoints).hasToString("[* /v1/models/** is models, POST /v1/{endpoint} is {endpoint}]");
    }

    @Test
    void headIsGet() {
        EndpointPatterns endpoints = EndpointPatterns.none().with("GET", "/chat", "chat");
        assertThat(endpoints.endpointOf("HEAD", "/chat")).contains("chat");
        assertThat(endpoints.endpointOf("POST", "/chat")).isEmpty();
    }

    @Test
    void noPatternMatchesNothing() {
        assertThat(EndpointPatterns.none().isEmpty()).isTrue();
        assertThat(EndpointPatterns.none().endpointOf("GET", "/")).isEmpty();
        assertThat(EndpointPatterns.none().with("GET", "/", "root").isEmpty()).isFalse();
    }
}
