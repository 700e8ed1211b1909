package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code docs/architecture.md} says of the classes of core, of Redis and of SQL. */
class ArchitectureTest {

    private static final Pattern CLASS = Pattern.compile("`([A-Z]\\w+)`");
    private static final Pattern STEP = Pattern.compile("(?m)^[ │├└─▼]*([A-Z]\\w+) +(\\d+)  ");

    private static final Map<String, String> TITLES = Map.of("redis", "Redis", "jdbc", "SQL");

    private final String text;

    ArchitectureTest() throws IOException {
        text = Files.readString(Path.of("../docs/architecture.md"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"core", "redis", "jdbc"})
    void theTableOfTypesHasEachClassOnce(String module) throws IOException {
        String table = section("## The types of " + TITLES.getOrDefault(module, module));
        assertThat(found(CLASS, table).map(found -> found.group(1)))
                .containsExactlyInAnyOrderElementsOf(classes(module));
    }

    @Test
    void aCallInMemoryGoesThroughAtMost15TypesWhichAreNumbered() throws IOException {
        String call = section("## One `tryAcquire` in memory");
        List<String> types = found(STEP, call).map(found -> found.group(1)).toList();
        assertThat(types).hasSizeBetween(10, 15).doesNotHaveDuplicates().isSubsetOf(classes("core"));
        assertThat(found(STEP, call).map(found -> Integer.valueOf(found.group(2))))
                .isSorted()
                .endsWith(types.size());
        assertThat(call).contains("goes through " + types.size() + " types of core");
    }

    private static List<String> classes(String module) throws IOException {
        Path main = Path.of("../ratelimit-%s/src/main/java/dev/ratelimit/%s".formatted(module, module));
        try (Stream<Path> files = Files.list(main)) {
            return files.map(file -> file.getFileName().toString().replace(".java", ""))
                    .filter(name -> !name.equals("package-info"))
                    .toList();
        }
    }

    private String section(String title) {
        int begin = text.indexOf(title);
        int end = text.indexOf("\n## ", begin);
        return end < 0 ? text.substring(begin) : text.substring(begin, end);
    }

    private static Stream<MatchResult> found(Pattern pattern, String in) {
        return pattern.matcher(in).results();
    }
}
