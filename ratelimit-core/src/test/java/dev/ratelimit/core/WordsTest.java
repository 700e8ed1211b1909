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
        List<Path> texts = new ArrayList<>(pages());
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path main : modules.map(module -> module.resolve("src/main"))
                    .filter(Files::isDirectory)
                    .toList()) {
                texts.addAll(files(main, "java", "lua"));
            }
        }
        return texts;
    }

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(files(ROOT.resolve("docs"), "md"));
        try (Stream<Path> root = Files.list(ROOT)) {
            root.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
        }
        return pages;
    }

    private static List<Path> files(Path folder, String... kinds) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> List.of(kinds).contains(file.toString().replaceAll(".*\\.", "")))
                    .toList();
        }
    }
}
