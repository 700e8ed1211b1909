package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The starter makes the start of a service little longer. The jar of this example is started by turns with the same jar
 * without the starter and what it brings; all else is in both, the actuator and the registry of meters too.
 *
 * <p>Three numbers have the same bound: the time from the launch until the service has started, the CPU time of the
 * thread that starts it, and the classes that are loaded. Of each, the two starts of a turn are compared, and the
 * median of all turns counts: where a machine is slow for half a minute, both of a turn are slow. Still two equal
 * starts differ by more than what the starter adds. So what is too much after fifteen turns must be so after sixty,
 * too. The two jars begin a turn alternately.
 */
@Tag("long")
@Timeout(900)
class StartUpIT {

    private static final int TURNS = 15;
    private static final int MOST_ROUNDS = 4;

    /** The most that the starter may add, in percent of what the start takes without it. */
    private static final double MOST = 5;

    private static final Path JAR = Path.of("target", "spring-boot-example.jar");

    /**
     * The names of the two jars, equally long. Boot looks for a class in one library after the other, 200,000 times in
     * a start, and writes the path of the jar each time. A path with 53 characters more makes 9 % more garbage.
     */
    private static final String WITH = "limited.jar";

    private static final String WITHOUT = "without.jar";

    /** The modules that the starter brings: all but ratelimit-jdbc. What they bring the example has by itself. */
    private static final String OF_STARTER = "ratelimit-[!j]*.jar";

    private static final Pattern COST =
            Pattern.compile(Pattern.quote(StartedService.COST) + "([0-9]+) ([0-9]+) ([0-9]+)");

    @TempDir
    private Path folder;

    /** What a start takes. */
    private record Cost(long nanos, long classes, long millis) {}

    @Test
    void theStarterAddsLittleToTheStart() throws Exception {
        Path with = Files.copy(JAR, folder.resolve(WITH));
        Path without = withoutStarter();
        start(with); // reads all files into the caches of the system
        start(without);
        List<Cost> plain = new ArrayList<>();
        List<Cost> limited = new ArrayList<>();
        double time = 0;
        double cpuTime = 0;
        for (int round = 0; round == 0 || (Math.max(time, cpuTime) > MOST && round < MOST_ROUNDS); round++) {
            for (int turn = 0; turn < TURNS; turn++) {
                if (turn % 2 == 0) {
                    plain.add(start(without));
                    limited.add(start(with));
                } else {
                    limited.add(start(with));
                    plain.add(start(without));
                }
            }
            time = growth(plain, limited, Cost::millis);
            cpuTime = growth(plain, limited, Cost::nanos);
            System.out.printf(
                    "The starter adds %.1f %% of time, %.1f %% of CPU time, %.1f %% of classes; medians of %d turns%n",
                    time, cpuTime, growth(plain, limited, Cost::classes), plain.size());
        }
        assertThat(growth(plain, limited, Cost::classes))
                .as("classes in percent")
                .isLessThanOrEqualTo(MOST);
        assertThat(cpuTime).as("CPU time in percent").isLessThanOrEqualTo(MOST);
        assertThat(time).as("time in percent").isLessThanOrEqualTo(MOST);
    }

    private Path withoutStarter() throws IOException {
        Path jar = Files.copy(JAR, folder.resolve(WITHOUT));
        try (FileSystem files = FileSystems.newFileSystem(jar);
                DirectoryStream<Path> libraries =
                        Files.newDirectoryStream(files.getPath("BOOT-INF", "lib"), OF_STARTER)) {
            for (Path library : libraries) {
                Files.delete(library);
            }
        }
        return jar;
    }

    /** Returns the median of what the turns differ by, in percent. */
    private static double growth(List<Cost> without, List<Cost> with, ToLongFunction<Cost> number) {
        double[] sorted = IntStream.range(0, with.size())
                .mapToDouble(turn -> 100.0 * number.applyAsLong(with.get(turn)) / number.applyAsLong(without.get(turn)))
                .sorted()
                .toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2 - 100;
    }

    /** Starts the service of a jar by a launcher of Boot, which takes the main method from the tests. */
    private static Cost start(Path jar) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        jar.toString(),
                        "-Dloader.path=target/test-classes",
                        "-Dloader.main=" + StartedService.class.getName(),
                        "org.springframework.boot.loader.launch.PropertiesLauncher",
                        "--server.port=0")
                .redirectErrorStream(true)
                .start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        assertThat(log.contains("Calls are counted in memory"))
                .as("%s has limits: %s", jar, log)
                .isEqualTo(jar.endsWith(WITH));
        Matcher cost = COST.matcher(log);
        assertThat(cost.find()).as(log).isTrue();
        return new Cost(Long.parseLong(cost.group(1)), Long.parseLong(cost.group(2)), Long.parseLong(cost.group(3)));
    }
}
