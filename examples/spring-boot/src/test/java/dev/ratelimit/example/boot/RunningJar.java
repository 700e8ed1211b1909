package dev.ratelimit.example.boot;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The jar of this example, running in a process of its own. */
final class RunningJar implements AutoCloseable {

    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

    private final Process process;
    private final Path log;

    private RunningJar(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts it on a port that the system gives. */
    static RunningJar start(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                "target/spring-boot-example.jar",
                "--server.port=0"));
        command.addAll(List.of(arguments));
        return new RunningJar(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start(),
                log);
    }

    /** Waits until it listens, and returns the address of an endpoint. */
    URI endpoint(String name) throws IOException, InterruptedException {
        while (process.isAlive()) {
            Matcher started = PORT.matcher(Files.readString(log));
            if (started.find()) {
                return URI.create("http://127.0.0.1:" + started.group(1) + "/v1/" + name);
            }
            Thread.sleep(20);
        }
        throw new IOException("the service did not start: " + Files.readString(log));
    }

    /** Has it stand still, so that it takes no time of the machine, or go on. */
    void pause(boolean isPaused) throws IOException, InterruptedException {
        String signal = isPaused ? "-STOP" : "-CONT";
        if (new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                        .start()
                        .waitFor()
                != 0) {
            throw new IOException("the service cannot be paused: " + Files.readString(log));
        }
    }

    /** Ends it as an operator does, and returns its exit code. */
    int end() throws InterruptedException {
        process.destroy();
        return process.waitFor();
    }

    /** Kills it with signal 9, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
