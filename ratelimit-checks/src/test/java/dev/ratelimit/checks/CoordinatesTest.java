package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the pages say of modules to add: their names, their version, their packages and Java modules. */
class CoordinatesTest {

    private static final Pattern VERSION_OF_THE_BUILD =
            Pattern.compile("<artifactId>ratelimit-parent</artifactId>\\s*<version>(.+?)</version>");
    private static final Pattern OF_MAVEN = Pattern.compile("<groupId>dev\\.ratelimit</groupId>\\s*"
            + "<artifactId>(ratelimit-[a-z-]+)</artifactId>\\s*(?:<version>(.+?)</version>)?");
    private static final Pattern OF_GRADLE = Pattern.compile("\"dev\\.ratelimit:(ratelimit-[a-z-]+)(?::(.+?))?\"");
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(ratelimit-[a-z-]+)` \\| (`dev\\.[^|]+) \\| (`[^|]+) \\|$");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern EXPORTED = Pattern.compile("exports ([a-z0-9.]+);");

    @Test
    void whatPagesTellToAddIsAModuleOfThisVersion() throws IOException {
        String version = groups(VERSION_OF_THE_BUILD, Files.readString(Pages.ROOT.resolve("pom.xml")))
                .get(0)
                .group(1);
        List<MatchResult> coordinates = new ArrayList<>();
        for (Path page : Pages.all()) {
            coordinates.addAll(groups(OF_MAVEN, Files.readString(page)));
            coordinates.addAll(groups(OF_GRADLE, Files.readString(page)));
        }
        assertThat(coordinates)
                .hasSizeGreaterThan(5)
                .allSatisfy(
                        each -> assertThat(Pages.ROOT.resolve(each.group(1))).isDirectory())
                .allSatisfy(each -> assertThat(each.group(2)).isIn(version, null));
    }

    @Test
    void thePackagesOfEachModuleAreThoseThatItExports() throws IOException {
        List<MatchResult> rows = groups(ROW, Files.readString(Pages.ROOT.resolve("docs/README.md")));
        assertThat(rows).hasSizeGreaterThan(8);
        for (MatchResult row : rows) {
            Path sources = Pages.ROOT.resolve(row.group(1)).resolve("src/main/java");
            String module = Files.readString(sources.resolve("module-info.java"));
            List<String> packages = first(CODE, row.group(2));
            assertThat(packages).containsExactlyInAnyOrderElementsOf(first(EXPORTED, module));
            assertThat(module).contains("module " + packages.get(0) + " {");
            assertThat(first(CODE, row.group(3)))
                    .isNotEmpty()
                    .allSatisfy(type -> assertThat(
                                    packages.stream().map(name -> sources.resolve(name.replace('.', '/'))))
                            .anyMatch(folder -> Files.exists(folder.resolve(type + ".java"))));
        }
    }

    private static List<MatchResult> groups(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }

    private static List<String> first(Pattern pattern, String text) {
        return groups(pattern, text).stream().map(found -> found.group(1)).toList();
    }
}
