package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.Caller;
import dev.ratelimit.Rejected;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.apikeys.KeyDirectory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeyFieldTest {

    private static final KeyField BEARER = KeyField.bearer();
    private static final KeyField OWN = KeyField.named("X-API-Key");

    @Test
    void aKeyFollowsItsSchemeInAnyCase() {
        assertThat(BEARER).hasToString("Authorization");
        assertThat(BEARER.key(List.of("Bearer abc-._~+/="))).contains("abc-._~+/=");
        assertThat(BEARER.key(List.of("bEARER   abc "))).contains("abc");
    }

    @Test
    void aKeyIsTheWholeValueOfAFieldOfOnesOwn() {
        assertThat(OWN.name()).isEqualTo("X-API-Key");
        assertThat(OWN.key(List.of(" abc:1 "))).contains("abc:1");
        assertThat(OWN.key(List.of("Bearer abc"))).isEmpty();
    }

    @Test
    void anythingElseIsNoKey() {
        assertThat(BEARER.key(List.of())).isEmpty();
        for (String value : List.of(
                "",
                "Bearer",
                "Bearer ",
                "Basic abc",
                "Bearerabc",
                "Bearer a b",
                "Bearer a, Bearer b",
                "Bearer \u00e9",
                "Bearer a\nb",
                "Bearer \u007f",
                "Bearer " + "a".repeat(8_193),
                "Bearer " + "a".repeat(1 << 20))) {
            assertThat(BEARER.key(List.of(value))).as(value).isEmpty();
        }
        assertThat(BEARER.key(List.of("Bearer a", "Bearer a"))).isEmpty();
        assertThat(BEARER.key(List.of("Bearer " + "a".repeat(8_192)))).isPresent();
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        for (String name : List.of("", "X Key", "X:Key", "X\r\nKey", "X-K\u00e9y", "x".repeat(257))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> KeyField.named(name))
                    .withMessageStartingWith("name must be the name of an HTTP field: name=");
        }
    }

    @Test
    void aDirectoryResolvesWhatARequestBrings() {
        Caller acme = Caller.of("acme", Tier.named("tier").build());
        KeyDirectory keys = digest -> acme;
        Map<String, List<String>> request = Map.of("Authorization", List.of("Bearer abc"));

        // sample: dev/ratelimit/http/KeyField.java
        KeyField field = KeyField.bearer();

        Resolution who = keys.resolve(
                field.key(request.getOrDefault(field.name(), List.of())).orElse(null));
        // end of sample

        assertThat(who).isEqualTo(acme);
        assertThat(keys.resolve(field.key(List.of("Basic abc")).orElse(null))).isInstanceOf(Rejected.class);
    }
}
