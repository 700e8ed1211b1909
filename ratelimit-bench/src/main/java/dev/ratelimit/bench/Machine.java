package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Counted;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a run was made on, and the versions of what was measured. */
final class Machine {

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private Machine() {}

    static List<String> lines() throws IOException {
        return List.of(
                "- machine: %s, %s, %s %s"
                        .formatted(
                                processor(),
                                Counted.of(Runtime.getRuntime().availableProcessors(), "processors"),
                                System.getProperty("os.name"),
                                System.getProperty("os.version")),
                "- JDK: %s %s"
                        .formatted(System.getProperty("java.vm.name"), System.getProperty("java.runtime.version")),
                "- versions: " + versions());
    }

    /** Returns the name that Linux gives the processor, elsewhere only its architecture. */
    private static String processor() throws IOException {
        if (Files.isReadable(PROCESSORS)) {
            try (Stream<String> lines = Files.lines(PROCESSORS)) {
                return lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst()
                        .orElse(System.getProperty("os.arch"));
            }
        }
        return System.getProperty("os.arch");
    }

    private static String versions() throws IOException {
        Properties versions = new Properties();
        try (InputStream in = requireNonNull(Machine.class.getResourceAsStream("versions.properties"))) {
            versions.load(in);
        }
        return new TreeSet<>(versions.stringPropertyNames())
                .stream().map(name -> name + " " + versions.getProperty(name)).collect(Collectors.joining(", "));
    }
}
