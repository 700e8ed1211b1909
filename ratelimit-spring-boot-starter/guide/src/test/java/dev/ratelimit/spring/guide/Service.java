package dev.ratelimit.spring.guide;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A service that runs in a process of its own, from the jar that Maven has made of a project. */
final class Service implements AutoCloseable {

    private static final Pattern STARTED = Pattern.compile("(?s)started on port (\\d+) .*Started DemoApplication in ");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Process process;
    private final Path log;
    private final MatchResult started;

    private Service(Process process, Path log, MatchResult started) {
        this.process = process;
        this.log = log;
        this.started = started;
    }

    /** Starts the service on a free port, and waits until it answers. */
    static Service start(Path jar) throws IOException, InterruptedException {
        Path log = Files.createTempFile(Path.of("target"), "service-", ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        jar.toAbsolutePath().toString(),
                        "--server.port=0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            boolean runs = process.isAlive() && System.nanoTime() - end < 0;
            Optional<MatchResult> started =
                    STARTED.matcher(Files.readString(log)).results().findFirst();
            if (started.isPresent()) {
                return new Service(process, log, started.get());
            }
            if (!runs) {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException(jar + " has not started:\n" + Files.readString(log));
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    int port() {
        return Integer.parseInt(started.group(1));
    }

    List<String> log() throws IOException {
        return Files.readAllLines(log);
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }
}
