package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFilesTest {

    @TempDir
    Path folder;

    @Test
    void aFileKeepsItsContentUntilTheNewOneIsComplete() throws IOException {
        Path file = Files.writeString(folder.resolve("decisions.csv"), "old");

        try (OutputFiles files = new OutputFiles(List.of())) {
            write(files.create(file), "new");
            assertThat(file).hasContent("old");

            files.commit();
            assertThat(file).hasContent("new");
        }
        assertThat(folder).isDirectoryNotContaining(other -> !other.equals(file));
    }

    @Test
    void withoutCommitNothingIsLeftBehind() throws IOException {
        try (OutputFiles files = new OutputFiles(List.of())) {
            write(files.create(folder.resolve("decisions.csv")), "half");
            assertThat(folder).isNotEmptyDirectory();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatAProgramThatWasKilledLeftIsNotInTheWay() throws IOException {
        OutputFiles killed = new OutputFiles(List.of());
        write(killed.create(folder.resolve("decisions.csv")), "lost");
        try (OutputFiles files = new OutputFiles(List.of())) {
            write(files.create(folder.resolve("decisions.csv")), "new");
            files.commit();
        }
        assertThat(folder.resolve("decisions.csv")).hasContent("new");
        killed.close();
        assertThat(folder.resolve("decisions.csv")).hasContent("new");
    }

    @Test
    void whatIsNotAFileIsNotReplaced() throws IOException {
        try (OutputFiles files = new OutputFiles(List.of())) {
            assertThatExceptionOfType(BadInputException.class)
                    .isThrownBy(() -> files.create(Files.createDirectory(folder.resolve("chart.png"))))
                    .withMessageStartingWith("must not replace what is not a file");
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
