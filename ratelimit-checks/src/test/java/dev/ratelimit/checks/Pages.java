package dev.ratelimit.checks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The pages of the repository: those at its root, of its docs and of its examples. */
final class Pages {

    /** The root of the repository. */
    static final Path ROOT = Path.of("..");

    private Pages() {}

    static List<Path> all() throws IOException {
        List<Path> pages = new ArrayList<>();
        try (Stream<Path> root = Files.list(ROOT)) {
            root.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
        }
        for (String folder : List.of("docs", "examples")) {
            pages.addAll(files(ROOT.resolve(folder), "md"));
        }
        return pages;
    }

    /** Returns the files of some kinds in a folder and below. */
    static List<Path> files(Path folder, String... kinds) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> !file.toString().contains("/target/"))
                    .filter(file -> List.of(kinds).contains(file.toString().replaceAll(".*\\.", "")))
                    .toList();
        }
    }
}
