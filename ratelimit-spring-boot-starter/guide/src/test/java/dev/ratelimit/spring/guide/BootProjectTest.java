package dev.ratelimit.spring.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Writes the projects that Maven builds next, and {@link GuideIT} starts. */
class BootProjectTest {

    @ParameterizedTest
    @EnumSource
    void anEmptyProjectHasTheTextOfTheGuide(BootProject project) throws IOException {
        Guide guide = Guide.read();
        project.write(guide);

        assertThat(Files.readString(project.folder().resolve("pom.xml")))
                .contains("<version>" + project.bootVersion() + "</version>", guide.dependency());
        assertThat(Files.readString(project.folder().resolve("src/main/resources/application.yml")))
                .isEqualTo(guide.yaml());
    }
}
