package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code ratelimit-bom} has each module that is published: all but those that say {@code maven.deploy.skip}. */
class BomTest {

    private static final Pattern MODULE = Pattern.compile("<module>(.+?)</module>");
    private static final Pattern ARTIFACT = Pattern.compile("<artifactId>(.+?)</artifactId>");
    private static final Pattern PARENT = Pattern.compile("(?s)<parent>.*?</parent>");
    private static final Pattern VERSION = Pattern.compile("<version>(.+?)</version>");
    private static final Pattern MANAGED = Pattern.compile("(?s)<dependencyManagement>(.*)</dependencyManagement>");
    private static final Pattern NOT_PUBLISHED = Pattern.compile("<maven.deploy.skip>\\s*true\\s*</maven.deploy.skip>");

    private final String root = pom("");
    private final String bom = pom("ratelimit-bom");

    BomTest() throws IOException {}

    private static String pom(String folder) throws IOException {
        return Files.readString(Pages.ROOT.resolve(folder).resolve("pom.xml"));
    }

    @Test
    void everyPublishedModuleIsInTheBomAndNoOther() throws IOException {
        List<String> published = new ArrayList<>();
        for (String folder : modulesBelow("", root)) {
            String pom = pom(folder);
            if (!NOT_PUBLISHED.matcher(pom).find() && !pom.contains("<packaging>pom</packaging>")) {
                published.add(first(ARTIFACT, PARENT.matcher(pom).replaceAll("")));
            }
        }
        assertThat(published).contains("ratelimit-api", "ratelimit-core").doesNotContain("ratelimit-bench");

        assertThat(all(ARTIFACT, managed())).containsExactlyInAnyOrderElementsOf(published);
    }

    @Test
    void theVersionIsThatOfTheModules() {
        assertThat(all(VERSION, managed())).containsOnly("${project.version}");
        assertThat(first(VERSION, bom)).isEqualTo(first(VERSION, root));
    }

    /** Else whoever imports it would get the versions of other libraries too. */
    @Test
    void theBomHasNoParent() {
        assertThat(PARENT.matcher(bom).find()).isFalse();
        assertThat(managed()).contains("<groupId>dev.ratelimit</groupId>");
        assertThat(Pattern.compile("<groupId>(?!dev\\.ratelimit<)")
                        .matcher(managed())
                        .find())
                .isFalse();
    }

    private String managed() {
        return first(MANAGED, bom);
    }

    private static List<String> modulesBelow(String folder, String pom) throws IOException {
        List<String> modules = new ArrayList<>();
        for (String module : all(MODULE, pom)) {
            String path = folder.isEmpty() ? module : folder + "/" + module;
            modules.add(path);
            modules.addAll(modulesBelow(path, pom(path)));
        }
        return modules;
    }

    private static String first(Pattern pattern, String text) {
        return matches(pattern, text).findFirst().orElseThrow();
    }

    private static List<String> all(Pattern pattern, String text) {
        return matches(pattern, text).toList();
    }

    private static Stream<String> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results().map((MatchResult found) -> found.group(1));
    }
}
