package dev.ratelimit.replay;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * What a trace is read from: a file, standard input, or the demo.
 *
 * @param name what messages call it
 * @param bytes opens it
 * @param format takes it apart
 */
record TraceSource(String name, Opener bytes, Format format) {

    private static final String GZIP = ".gz";

    /** Returns the source that an argument of the command line names. */
    static TraceSource parse(String argument) {
        if (argument.equals(TraceOptions.STANDARD_INPUT)) {
            return new TraceSource(
                    "standard input", () -> Progress.of("standard input", System.in, -1), CsvTrace::read);
        }
        boolean zipped = argument.endsWith(GZIP);
        Format format = formatOf(zipped ? argument.substring(0, argument.length() - GZIP.length()) : argument);
        Path file = path(argument);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new BadInputException("no file that can be read: " + argument);
        }
        return new TraceSource(argument, () -> open(file, zipped), format);
    }

    /** Returns the source of the built-in trace. */
    static TraceSource demo() {
        return new TraceSource("demo", () -> new ByteArrayInputStream(DemoTrace.csv()), CsvTrace::read);
    }

    private static Path path(String argument) {
        try {
            return Path.of(argument);
        } catch (InvalidPathException e) {
            throw new BadInputException(
                    "the name of a file must be in the charset of the locale, which LC_ALL sets: " + argument);
        }
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
        InputStream in = Progress.of(file.toString(), WholeFile.open(file), Files.size(file));
        try {
            return zipped ? gunzipped(in) : in;
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /**
     * Returns the bytes of all members. Any that do not follow the format are an error, also behind the first member.
     */
    private static InputStream gunzipped(InputStream in) throws IOException {
        return GzipCompressorInputStream.builder()
                .setInputStream(in)
                .setDecompressConcatenated(true)
                .get();
    }

    /** Reads all rows. */
    void read(RowFormat rowFormat, BadRows badRows, Consumer<Row> sink) throws IOException {
        try (InputStream in = bytes.open()) {
            format.read(in, new RowBuilder(name, rowFormat, badRows, sink));
        } catch (IOException e) {
            if (!name.endsWith(GZIP)) {
                throw e;
            }
            String why = e.getMessage() == null ? "it ends too early" : e.getMessage();
            throw new BadInputException(name + ": must be a whole gzip file: " + why);
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
