package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Replaces files as a whole: whenever the process or the machine stops, the file is the old one or the new one.
 *
 * <p>The bytes go to a temporary file in the same folder first, {@code .NAME.NUMBER.tmp}. Only its owner may read it,
 * since the names of organizations are nobody else's business. Then it is moved to its place. A temporary file that a
 * killed process left is deleted by the next one. So two processes should not replace one file at the same time: one of
 * them may fail. The file is whole even then.
 *
 * <p>Only a regular file is replaced, or a symbolic link to one, which is not followed. A device, a pipe, a socket or a
 * folder would be lost to those who need it. So would a link to one, such as {@code /dev/stdout}, or a link whose
 * target comes and goes.
 */
final class SnapshotFiles {

    /** The writer of a file's content. */
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private SnapshotFiles() {}

    /** Replaces a file; or throws, and leaves everything as it was. */
    static void replace(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        requireRegular(target);
        Path folder = requireNonNull(target.getParent(), "folder");
        String prefix = "." + requireNonNull(target.getFileName(), "file") + ".";
        deleteLeftovers(folder, prefix);
        String number = Long.toUnsignedString(ThreadLocalRandom.current().nextLong());
        Path temporary = folder.resolve(prefix + number + ".tmp");
        try {
            write(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        force(folder);
    }

    /** Refuses a target that exists and is no regular file, nor a link to one, before anything is written. */
    private static void requireRegular(Path target) throws IOException {
        String kind;
        try {
            BasicFileAttributes found = Files.readAttributes(target, BasicFileAttributes.class);
            if (found.isRegularFile()) {
                return;
            }
            kind = found.isDirectory() ? "folder" : "device, pipe or socket";
        } catch (NoSuchFileException absent) {
            if (!Files.isSymbolicLink(target)) {
                return;
            }
            kind = "link to nothing";
        }
        throw new FileSystemException(
                target.toString(), null, "must be a regular file, a link to one, or absent: kind=" + kind);
    }

    private static void write(Path temporary, Content content) throws IOException {
        boolean posix = temporary.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] ownerOnly = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(temporary, options, ownerOnly)) {
            content.writeTo(Channels.newOutputStream(channel));
            channel.force(true);
        }
    }

    private static void deleteLeftovers(Path folder, String prefix) {
        Pattern name = Pattern.compile(Pattern.quote(prefix) + "\\d+\\.tmp");
        try (DirectoryStream<Path> found = Files.newDirectoryStream(
                folder, path -> name.matcher(path.getFileName().toString()).matches())) {
            for (Path leftover : found) {
                Files.deleteIfExists(leftover);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // A leftover only takes up disk space.
            return;
        }
    }

    /** Makes the move durable, where the system lets folders be opened and forced to disk. */
    private static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The new file is in its place, and a crash leaves it or the old one.
            return;
        }
    }
}
