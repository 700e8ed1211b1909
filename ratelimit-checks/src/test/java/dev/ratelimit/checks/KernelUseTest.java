package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Only backends, and what tests them from inside, use the kernel. Applications, adapters and tools cannot. */
class KernelUseTest {

    private static final Set<String> MAY = Set.of(
            "ratelimit-api",
            "ratelimit-bench", // measures package-private parts of the core
            "ratelimit-checks", // reads the version of the API, and this very text
            "ratelimit-core",
            "ratelimit-jdbc",
            "ratelimit-redis",
            "ratelimit-stress",
            "ratelimit-testkit");

    @Test
    void theModuleExportsItToBackendsOnly() throws IOException {
        try (InputStream in =
                Files.newInputStream(Pages.ROOT.resolve("ratelimit-api/target/classes/module-info.class"))) {
            assertThat(ModuleDescriptor.read(in).exports())
                    .filteredOn(exports -> exports.source().equals("dev.ratelimit.kernel"))
                    .singleElement()
                    .satisfies(exports -> assertThat(exports.targets())
                            .containsExactlyInAnyOrder(
                                    "dev.ratelimit.core",
                                    "dev.ratelimit.jdbc",
                                    "dev.ratelimit.redis",
                                    "dev.ratelimit.testkit"));
        }
    }

    @Test
    void noOtherModuleAndNoSampleImportsIt() throws IOException {
        List<Path> texts;
        try (Stream<Path> files = Files.walk(Pages.ROOT)) {
            texts = files.filter(KernelUseTest::isText).toList();
        }
        assertThat(texts).hasSizeGreaterThan(300);
        for (Path text : texts) {
            String module = Pages.ROOT.relativize(text).getName(0).toString();
            if (!MAY.contains(module)) {
                assertThat(Files.readString(text)).as(text.toString()).doesNotContain("import dev.ratelimit.kernel");
            }
        }
    }

    private static boolean isText(Path path) {
        String name = path.toString();
        return (name.endsWith(".java") || name.endsWith(".md")) && !name.contains("/target/");
    }
}
