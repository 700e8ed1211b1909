package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which servers are good for the script. */
class ServerVersionTest {

    private static String info(String... lines) {
        return "# Server\r\n" + String.join("\r\n", lines) + "\r\nos:Linux\r\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.2.0", "6.2.18", "7.0.15", "8.2.1", "10.0.0", "255.255.255"})
    void sixTwoAndLaterAreGood(String version) {
        assertThatCode(() -> ServerVersion.requireSupported(info("redis_version:" + version)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.8.24", "5.0.14", "6.0.16", "6.1.240"})
    void olderOnesAreRefusedByTheirVersion(String version) {
        assertThatIllegalStateException()
                .isThrownBy(() -> ServerVersion.requireSupported(info("redis_version:" + version)))
                .withMessage("Redis must be of version 6.2 or later, or be a Valkey: version=" + version);
    }

    @Test
    void aValkeyIsGoodWhateverRedisItClaimsToBe() {
        assertThatCode(() -> ServerVersion.requireSupported(
                        info("redis_version:5.0.0", "server_name:valkey", "valkey_version:9.0.0")))
                .doesNotThrowAnyException();
    }

    @Test
    void aServerThatTellsNoVersionIsRefused() {
        assertThatIllegalStateException()
                .isThrownBy(() -> ServerVersion.requireSupported(info()))
                .withMessageContaining("redis_version");
    }
}
