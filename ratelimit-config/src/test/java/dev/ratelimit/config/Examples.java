package dev.ratelimit.config;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The tier files that are shipped as examples. */
final class Examples {

    static final Path FOLDER = Path.of(requireNonNull(System.getProperty("ratelimit.examples"), "ratelimit.examples"));

    private Examples() {}

    static List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }
}
