package dev.ratelimit.checks;

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
                    .forEach(phrase -> found.add(Pages.ROOT.relativize(file) + ": " + phrase.group()));
        }
        assertThat(read).isGreaterThan(200);
        assertThat(found).hasSizeLessThan(10);
    }

    private static List<Path> texts() throws IOException {
        List<Path> texts = new ArrayList<>(Pages.all());
        try (Stream<Path> modules = Files.list(Pages.ROOT)) {
            for (Path main : modules.map(module -> module.resolve("src/main"))
                    .filter(Files::isDirectory)
                    .toList()) {
                texts.addAll(Pages.files(main, "java", "lua"));
            }
        }
        return texts;
    }
}
