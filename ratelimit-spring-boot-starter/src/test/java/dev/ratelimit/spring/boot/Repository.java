package dev.ratelimit.spring.boot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The files of the repository, from whichever of its modules the tests run in. */
final class Repository {

    private Repository() {}

    static Path file(String name) {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve(name))) {
            folder = Objects.requireNonNull(folder.getParent(), name);
        }
        return folder.resolve(name);
    }
}
