package dev.ratelimit.replay;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * What a trace is read from: a file, standard input, or the demo.
 *
 * @param name what messages call it
 * @param bytes opens it
 * @param format takes it apart
 */
record TraceSource(String name, Opener bytes, Format format) {

    /** Returns the source that an argument of the command line names. */
    static TraceSource parse(String argument) {
        if (argument.equals(TraceOptions.STANDARD_INPUT)) {
            return new TraceSource(
                    "standard input", () -> Progress.of("standard input", System.in, -1), CsvTrace::read);
        }
        boolean zipped = argument.endsWith(".gz");
        Format format = formatOf(zipped ? argument.substring(0, argument.length() - 3) : argument);
        Path file = Path.of(argument);
        if (Files.isDirectory(file) || !Files.isReadable(file)) {
            throw new BadInputException("no file that can be read: " + argument);
        }
        return new TraceSource(argument, () -> open(file, zipped), format);
    }

    /** Returns the source of the built-in trace. */
    static TraceSource demo() {
        return new TraceSource("demo", () -> new ByteArrayInputStream(DemoTrace.csv()), CsvTrace::read);
    }

    private static Format formatOf(String name) {
        String extension = name.substring(name.lastIndexOf('.') + 1);
        return switch (extension) {
            case "csv" -> CsvTrace::read;
            case "jsonl", "ndjson", "json" -> JsonLinesTrace::read;
            default ->
                throw new BadInputException(
                        "a file name must end in .csv, .jsonl, .ndjson or .json, or in one of these and .gz: " + name);
        };
    }

    private static InputStream open(Path file, boolean zipped) throws IOException {
        InputStream in = Progress.of(file.toString(), Files.newInputStream(file), Files.size(file));
        try {
            return zipped ? new GZIPInputStream(in, 1 << 16) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** Reads all rows. */
    void read(RowFormat rowFormat, BadRows badRows, Consumer<Row> sink) throws IOException {
        try (InputStream in = bytes.open()) {
            format.read(in, new RowBuilder(name, rowFormat, badRows, sink));
        } catch (ZipException | EOFException e) {
            throw new BadInputException(name + ": must be a whole gzip file");
        }
    }

    @FunctionalInterface
    interface Opener {
        InputStream open() throws IOException;
    }

    @FunctionalInterface
    interface Format {
        void read(InputStream in, RowBuilder rows) throws IOException;
    }
}
