package dev.ratelimit.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ApiVersionTest {

    @Test
    void itIsThatOfTheProject() throws Exception {
        assertThat(Files.readString(Path.of("pom.xml"))).contains("<version>" + ApiVersion.CURRENT + "</version>");
    }

    @Test
    void aBackendOfThisVersionPasses() {
        assertThatCode(() -> ApiVersion.require("ratelimit-core", ApiVersion.CURRENT))
                .doesNotThrowAnyException();
    }

    @Test
    void theErrorNamesBothVersions() {
        assertThatIllegalStateException()
                .isThrownBy(() -> ApiVersion.require("ratelimit-core", "0.0.9"))
                .withMessage("ratelimit-api and ratelimit-core must be of one version: ratelimit-api="
                        + ApiVersion.CURRENT + ", ratelimit-core=0.0.9");
    }
}
