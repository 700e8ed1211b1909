package dev.ratelimit.http.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointPatternTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat, /v1/chat, true",
        "/v1/chat, /v1/chat/, true",
        "/v1/chat, //v1///chat, true",
        "/v1/chat/, /v1/chat, true",
        "/v1/chat, /v1/cha, false",
        "/v1/chat, /v1/chats, false",
        "/v1/chat, /v1/chat/more, false",
        "/v1/chat, /v1, false",
        "/v1/chat, /V1/chat, false",
        "/v1/chat, '', false",
        "/v1/*, /v1/chat, true",
        "/v1/*, /v1/chat/more, false",
        "/v1/*, /v1/, false",
        "/*/chat, /v2/chat, true",
        "/v1/**, /v1/chat/more, true",
        "/v1/**, /v1/chat, true",
        "/v1/**, /v1, true",
        "/v1/**, /v1/, true",
        "/v1/**, /v2, false",
        "/v1/**, /v11, false",
        "/**, /, true",
        "/**, '', true",
        "/**, /any/thing, true",
        "/, /, true",
        "/, '', true",
        "/, /any, false",
        "/v1/{model}/chat, /v1/small/chat, true",
        "/v1/{model}/chat, /v1/chat, false"
    })
    void aPatternMatchesSegmentBySegment(String pattern, String path, boolean matches) {
        assertThat(EndpointPattern.of("*", pattern, "chat").endpointOf("GET", path))
                .isEqualTo(matches ? "chat" : null);
    }

    @Test
    void aSegmentMayNameTheEndpoint() {
        EndpointPattern pattern = EndpointPattern.of("POST", "/v1/{version}/{endpoint}/**", "{endpoint}");
        assertThat(pattern.endpointOf("POST", "/v1/2/chat")).isEqualTo("chat");
        assertThat(pattern.endpointOf("POST", "/v1/2//embed/more")).isEqualTo("embed");
        assertThat(pattern.endpointOf("GET", "/v1/2/chat")).isNull();
        assertThat(pattern).hasToString("POST /v1/{version}/{endpoint}/** is {endpoint}");
    }

    @ParameterizedTest
    @CsvSource({
        "get, /chat, chat, 'method must be * or a name in capitals: method=get'",
        "'', /chat, chat, 'method must be * or a name in capitals: method='",
        "GET, chat, chat, 'pattern must begin with a slash: pattern=chat'",
        "GET, /a*, chat, 'pattern must be of names, * and {name}, and ** at the end: pattern=/a*'",
        "GET, /**/a, chat, 'pattern must be of names, * and {name}, and ** at the end: pattern=/**/a'",
        "GET, /{}, chat, 'pattern must be of names, * and {name}, and ** at the end: pattern=/{}'",
        "GET, /{a}, {b}, 'endpoint must be a name, or a {name} of the pattern: endpoint={b}'",
        "GET, /{a}, x{a}, 'endpoint must be a name, or a {name} of the pattern: endpoint=x{a}'",
        "GET, /a, '', 'endpoint must be a name, or a {name} of the pattern: endpoint='"
    })
    void aMalformedPatternIsRefused(String method, String pattern, String endpoint, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EndpointPattern.of(method, pattern, endpoint))
                .withMessage(message);
    }
}
