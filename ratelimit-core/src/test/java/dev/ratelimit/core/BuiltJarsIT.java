package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What users get: the jars of the API and of this module bring no dependency but each other. */
class BuiltJarsIT {

    private static final Pattern DEPENDENCY = Pattern.compile("(?s)<dependency>.*?</dependency>");

    static List<Path> jars() {
        Path core = Path.of(System.getProperty("ratelimit.jar"));
        String apiName = core.getFileName().toString().replace("-core-", "-api-");
        Path api =
                core.resolve("../../../ratelimit-api/target").resolve(apiName).normalize();
        return List.of(api, core);
    }

    @ParameterizedTest
    @MethodSource("jars")
    void theModuleNeedsNothingAtRunTimeButTheJdkAndTheApi(Path jar) {
        ModuleDescriptor module =
                ModuleFinder.of(jar).findAll().iterator().next().descriptor();
        assertThat(module.requires())
                .filteredOn(required -> !required.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
                .extracting(ModuleDescriptor.Requires::name)
                .isSubsetOf("java.base", "dev.ratelimit")
                .contains("java.base");
    }

    @ParameterizedTest
    @MethodSource("jars")
    void theJarHoldsOurOwnClassesAndTheLicence(Path jar) throws Exception {
        try (JarFile file = new JarFile(jar.toFile())) {
            List<String> classes = file.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.endsWith(".class"))
                    .toList();
            assertThat(classes)
                    .isNotEmpty()
                    .allMatch(name -> name.startsWith("dev/ratelimit/") || name.equals("module-info.class"));
            assertThat(file.getEntry("META-INF/LICENSE")).isNotNull();
        }
    }

    @ParameterizedTest
    @MethodSource("jars")
    void thePomBringsNoDependencyButTheApi(Path jar) throws Exception {
        String pom;
        try (JarFile file = new JarFile(jar.toFile())) {
            JarEntry entry = file.stream()
                    .filter(candidate -> candidate.getName().endsWith("/pom.xml"))
                    .findFirst()
                    .orElseThrow();
            pom = new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
        }
        List<String> dependencies =
                DEPENDENCY.matcher(pom).results().map(MatchResult::group).toList();
        assertThat(dependencies).isNotEmpty();
        assertThat(dependencies)
                .filteredOn(dependency -> !dependency.contains("<scope>test</scope>"))
                .filteredOn(dependency -> !dependency.contains("<optional>true</optional>"))
                .allMatch(dependency -> dependency.contains("<artifactId>ratelimit-api</artifactId>"));
    }
}
