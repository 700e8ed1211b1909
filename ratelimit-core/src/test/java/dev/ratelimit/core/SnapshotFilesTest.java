package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFilesTest {

    @TempDir
    Path folder;

    @Test
    void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
        Path file = folder.resolve("limits");
        for (String content : List.of("first", "and second", "3")) {
            SnapshotFiles.replace(file, out -> out.write(content.getBytes(StandardCharsets.UTF_8)));
            assertThat(file).hasContent(content);
        }
        assertThat(names()).containsExactly("limits");
    }

    @Test
    void theOldFileIsThereUntilTheNewOneIsWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("limits"), "old");
        SnapshotFiles.replace(file, out -> {
            out.write("new".getBytes(StandardCharsets.UTF_8));
            out.flush();
            assertThat(file).hasContent("old");
        });
        assertThat(file).hasContent("new");
    }

    @Test
    void whenWritingFailsTheOldFileStaysAndNothingElseIsLeft() throws IOException {
        Path file = Files.writeString(folder.resolve("limits"), "old");
        assertThatThrownBy(() -> SnapshotFiles.replace(file, out -> {
                    out.write(new byte[100]);
                    throw new IOException("no space");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("no space");
        assertThat(file).hasContent("old");
        assertThat(names()).containsExactly("limits");
    }

    @Test
    void whatAKilledProcessLeftIsDeletedAndNoOtherFile() throws IOException {
        for (String name : List.of(".a.17.tmp", ".a.b.17.tmp", ".a.tmp", "xa.17.tmp", ".a.17.tmp2")) {
            Files.writeString(folder.resolve(name), name);
        }
        SnapshotFiles.replace(folder.resolve("a"), out -> out.write(1));
        assertThat(names()).containsExactly(".a.17.tmp2", ".a.b.17.tmp", ".a.tmp", "a", "xa.17.tmp");
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        assumeThat(folder.getFileSystem().supportedFileAttributeViews()).contains("posix");
        Path file = folder.resolve("limits");
        SnapshotFiles.replace(file, out -> out.write(1));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void twoWritersOfOneFileLeaveAWholeOne() throws IOException {
        Path file = folder.resolve("limits");
        assertThatThrownBy(() -> SnapshotFiles.replace(file, out -> {
                    out.write("first".getBytes(StandardCharsets.UTF_8));
                    SnapshotFiles.replace(file, inner -> inner.write("second".getBytes(StandardCharsets.UTF_8)));
                }))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(file).hasContent("second");
        assertThat(names()).containsExactly("limits");
    }

    @Test
    void aFolderThatIsNotThereIsAnError() {
        assertThatThrownBy(() -> SnapshotFiles.replace(folder.resolve("none/limits"), out -> out.write(1)))
                .isInstanceOf(NoSuchFileException.class);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
