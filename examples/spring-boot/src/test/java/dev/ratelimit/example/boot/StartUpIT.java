package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The starter makes the start of a service little longer: this example is started with it and without it by turns, and
 * the medians are compared.
 *
 * <p>The aim is a start that is at most 5 % longer. On a machine that has other work the times of one start differ by
 * more than that. So two numbers have a bound: how many classes are loaded, which hardly differs between two starts,
 * and the CPU time of the thread that starts the service, whose bound leaves room for the noise.
 */
@Tag("long")
@Timeout(600)
class StartUpIT {

    private static final int TURNS = 12;

    /** The most that the starter may add, in percent of what the start takes without it. */
    private static final double MOST_CLASSES = 6;

    private static final double MOST_CPU_TIME = 12;

    private static final Pattern OF_STARTER = Pattern.compile(
            ".*(ratelimit-[a-z-]+(-[0-9][^/]*\\.jar|/target/classes)|snakeyaml-engine-[0-9][^/]*\\.jar)");
    private static final Pattern COST =
            Pattern.compile(Pattern.quote(StartedService.COST) + "([0-9]+) ([0-9]+) ([0-9]+)");

    /* The folder stands first: the jar on the class path of this test is the one that runs by itself. */
    private final String withStarter = "target/classes" + File.pathSeparator + System.getProperty("java.class.path");
    private final String withoutStarter = Arrays.stream(withStarter.split(File.pathSeparator, -1))
            .filter(entry -> !OF_STARTER.matcher(entry).matches())
            .collect(Collectors.joining(File.pathSeparator));

    /** What a start takes. */
    private record Cost(long nanos, long classes, long millis) {}

    @Test
    void theStarterAddsLittleToTheStart() throws Exception {
        assertThat(withoutStarter)
                .doesNotContain("ratelimit-spring-boot-starter")
                .contains("spring-boot-4");
        start(withStarter); // reads all files into the caches of the system
        start(withoutStarter);
        List<Cost> with = new ArrayList<>();
        List<Cost> without = new ArrayList<>();
        for (int turn = 0; turn < TURNS; turn++) {
            without.add(start(withoutStarter));
            with.add(start(withStarter));
        }
        double classes = growth(without, with, Cost::classes);
        double nanos = growth(without, with, Cost::nanos);
        System.out.printf(
                "The starter adds %.1f %% of time, %.1f %% of CPU time and %.1f %% of classes%n",
                growth(without, with, Cost::millis), nanos, classes);
        assertThat(classes).as("classes in percent").isBetween(0.1, MOST_CLASSES);
        assertThat(nanos).as("CPU time in percent").isLessThanOrEqualTo(MOST_CPU_TIME);
    }

    private static double growth(List<Cost> without, List<Cost> with, ToLongFunction<Cost> number) {
        return 100.0 * median(with, number) / median(without, number) - 100;
    }

    private static long median(List<Cost> costs, ToLongFunction<Cost> number) {
        return costs.stream().mapToLong(number).sorted().toArray()[costs.size() / 2];
    }

    private static Cost start(String classPath) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        StartedService.class.getName(),
                        "--server.port=0")
                .redirectErrorStream(true)
                .start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        Matcher cost = COST.matcher(log);
        assertThat(cost.find()).as(log).isTrue();
        return new Cost(Long.parseLong(cost.group(1)), Long.parseLong(cost.group(2)), Long.parseLong(cost.group(3)));
    }
}
