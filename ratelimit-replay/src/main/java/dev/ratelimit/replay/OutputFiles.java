package dev.ratelimit.replay;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Files that appear when all of them are complete: each is written beside its place and renamed by {@link #commit}.
 * Closing without it, or the end of the program, leaves nothing behind. A symbolic link is replaced, not what it points
 * to.
 */
final class OutputFiles implements Closeable {

    private final List<Path> inputs;
    private final Map<Path, Path> partOf = new LinkedHashMap<>();
    private final Map<Path, OutputStream> streams = new LinkedHashMap<>();

    /**
     * Begins without files.
     *
     * @param inputs files that must not be replaced, because they are read
     */
    OutputFiles(List<Path> inputs) {
        this.inputs = inputs;
    }

    /**
     * Begins a file.
     *
     * @throws BadInputException if there can be no such file
     */
    OutputStream create(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new BadInputException("no folder for " + file);
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new BadInputException("must not replace what is not a file: " + file);
        }
        for (Path input : inputs) {
            if (Files.exists(file) && Files.isSameFile(file, input)) {
                throw new BadInputException("must not replace a trace that is read: " + file);
            }
        }
        Path place = folder.toRealPath().resolve(file.getFileName());
        if (partOf.containsKey(place)) {
            throw new BadInputException("must not be written twice: " + file);
        }
        Path part = part(folder, file, 0);
        OutputStream stream = createNew(part);
        for (int i = 1; stream == null; i++) {
            part = part(folder, file, i);
            stream = createNew(part);
        }
        part.toFile().deleteOnExit();
        partOf.put(place, part);
        streams.put(place, stream);
        return stream;
    }

    private static Path part(Path folder, Path file, int number) {
        return folder.resolve("." + file.getFileName() + "." + number + ".part");
    }

    /** Returns nothing if there is such a file already: that of another program, or of one that was killed. */
    private static @Nullable OutputStream createNew(Path part) throws IOException {
        try {
            return new BufferedOutputStream(Files.newOutputStream(part, StandardOpenOption.CREATE_NEW));
        } catch (FileAlreadyExistsException e) {
            return null;
        }
    }

    /** Puts the files into their places. */
    void commit() throws IOException {
        for (OutputStream stream : streams.values()) {
            stream.close();
        }
        for (Map.Entry<Path, Path> entry : partOf.entrySet()) {
            Files.move(entry.getValue(), entry.getKey(), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    @Override
    public void close() throws IOException {
        for (OutputStream stream : streams.values()) {
            stream.close();
        }
        for (Path part : partOf.values()) {
            Files.deleteIfExists(part);
        }
    }
}
