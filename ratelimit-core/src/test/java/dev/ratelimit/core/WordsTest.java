package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Main sources and pages have hardly any of the phrases by which a sentence avoids its noun. */
class WordsTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern PHRASE =
            Pattern.compile("\\b(so many|so much|that it is of|by itself|thereafter|needs not)\\b");

    @Test
    void sentencesNameWhatTheyMean() throws IOException {
        List<String> found = new ArrayList<>();
        int read = 0;
        for (Path file : texts()) {
            read++;
            PHRASE.matcher(Files.readString(file).replaceAll("\\s+(\\* |// |-- )?", " "))
                    .results()
                    .forEach(phrase -> found.add(ROOT.relativize(file) + ": " + phrase.group()));
        }
        assertThat(read).isGreaterThan(200);
        assertThat(found).hasSizeLessThan(10);
    }

    private static List<Path> texts() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.map(ROOT::relativize)
                    .filter(WordsTest::isText)
                    .map(ROOT::resolve)
                    .toList();
        }
    }

    private static boolean isText(Path file) {
        String path = file.toString().replace('\\', '/');
        boolean isSource = path.matches("ratelimit-[a-z]+/src/main/.*\\.(java|lua)");
        return isSource || path.matches("([A-Z]+|docs/.*)\\.md");
    }
}
