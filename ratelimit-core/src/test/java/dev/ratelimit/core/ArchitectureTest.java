package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/architecture.md} says of the classes of core. */
class ArchitectureTest {

    private static final Path MAIN = Path.of("src/main/java/dev/ratelimit/core");
    private static final Pattern CLASS = Pattern.compile("`([A-Z]\\w+)`");
    private static final Pattern STEP = Pattern.compile("(?m)^[ │├└─▼]*([A-Z]\\w+) +(\\d+)  ");

    private final String text;

    ArchitectureTest() throws IOException {
        text = Files.readString(Path.of("../docs/architecture.md"));
    }

    @Test
    void theTableOfTypesHasEachClassOnce() throws IOException {
        String table = text.substring(text.indexOf("## The types of core"));
        List<String> listed = found(CLASS, table).map(found -> found.group(1)).toList();
        assertThat(listed).containsExactlyInAnyOrderElementsOf(classes());
    }

    @Test
    void aCallInMemoryGoesThroughAtMost15TypesWhichAreNumbered() throws IOException {
        String call = section("## One `tryAcquire` in memory");
        List<String> types = found(STEP, call).map(found -> found.group(1)).toList();
        assertThat(types).hasSizeBetween(10, 15).doesNotHaveDuplicates().isSubsetOf(classes());
        assertThat(found(STEP, call).map(found -> Integer.valueOf(found.group(2))))
                .isSorted()
                .endsWith(types.size());
        assertThat(call).contains("goes through " + types.size() + " types of core");
    }

    private static List<String> classes() throws IOException {
        try (Stream<Path> files = Files.list(MAIN)) {
            return files.map(file -> file.getFileName().toString().replace(".java", ""))
                    .filter(name -> !name.equals("package-info"))
                    .toList();
        }
    }

    private String section(String title) {
        int begin = text.indexOf(title);
        return text.substring(begin, text.indexOf("\n## ", begin));
    }

    private static Stream<MatchResult> found(Pattern pattern, String in) {
        return pattern.matcher(in).results();
    }
}
