package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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

    @Test
    void aFolderIsNotReplaced() throws IOException {
        for (Path path : List.of(folder, Path.of("/"), Path.of(""), Path.of("."), Path.of(".."))) {
            assertNotReplaced(path, "folder");
        }
        Files.writeString(Files.createDirectory(folder.resolve("filled")).resolve("file"), "");
        assertNotReplaced(folder.resolve("filled"), "folder");
        assertThat(names()).containsExactly("filled");
    }

    @Test
    void aPipeIsNotReplaced() throws IOException, InterruptedException {
        Path pipe = pipe("pipe");
        assertNotReplaced(pipe, "device, pipe or socket");
        assertThat(Files.readAttributes(pipe, BasicFileAttributes.class).isOther())
                .isTrue();
        assertThat(names()).containsExactly("pipe");
    }

    @Test
    void aSocketIsNotReplaced() throws IOException {
        Path socket = folder.resolve("socket");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertNotReplaced(socket, "device, pipe or socket");
            assertThat(names()).containsExactly("socket");
        }
    }

    @Test
    void aLinkToARegularFileIsReplacedAndNotFollowed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        SnapshotFiles.replace(link, out -> out.write('n'));
        assertThat(file).hasContent("old");
        assertThat(link).hasContent("n");
        assertThat(Files.isSymbolicLink(link)).isFalse();
    }

    @Test
    void aLinkToAnythingElseIsNotReplaced() throws IOException, InterruptedException {
        Path toFolder = Files.createSymbolicLink(folder.resolve("to folder"), folder);
        Path toPipe = Files.createSymbolicLink(folder.resolve("to pipe"), pipe("pipe"));
        Path toNothing = Files.createSymbolicLink(folder.resolve("to nothing"), folder.resolve("none"));
        assertNotReplaced(toFolder, "folder");
        assertNotReplaced(toPipe, "device, pipe or socket");
        assertNotReplaced(toNothing, "link to nothing");
        Path toItself = Files.createSymbolicLink(folder.resolve("to itself"), folder.resolve("to itself"));
        assertThatThrownBy(() -> SnapshotFiles.replace(toItself, SnapshotFilesTest::unwritten))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining(toItself.toString());
        assertThat(names()).containsExactly("pipe", "to folder", "to itself", "to nothing", "to pipe");
        assertThat(List.of(toFolder, toPipe, toNothing, toItself)).allMatch(Files::isSymbolicLink);
    }

    private static void assertNotReplaced(Path path, String kind) {
        assertThatThrownBy(() -> SnapshotFiles.replace(path, SnapshotFilesTest::unwritten))
                .isInstanceOf(IOException.class)
                .hasMessage(path.toAbsolutePath() + ": must be a regular file, a link to one, or absent: kind=" + kind);
    }

    private static void unwritten(OutputStream out) {
        throw new AssertionError("nothing must be written");
    }

    private Path pipe(String name) throws IOException, InterruptedException {
        Path pipe = folder.resolve(name);
        Process made;
        try {
            made = new ProcessBuilder("mkfifo", pipe.toString()).start();
        } catch (IOException e) {
            assumeThat(e).as("mkfifo").isNull();
            throw e;
        }
        assertThat(made.waitFor()).isZero();
        return pipe;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
