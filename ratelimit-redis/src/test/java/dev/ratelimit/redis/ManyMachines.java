package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * JVMs that call the endpoints of one organization at the same time. They remember refusals, as limiters do unless told
 * otherwise: so what was admitted also shows that nothing is lost by that.
 */
final class ManyMachines {

    private ManyMachines() {}

    /**
     * Lets some JVMs call some endpoints of a server with some threads each, for a time and until windows have passed
     * on, and returns all calls that were admitted.
     */
    static List<Charge> call(
            RedisServer server, int machines, int threads, Duration duration, Path folder, Endpoint... called)
            throws Exception {
        List<Process> started = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        try {
            for (int i = 0; i < machines; i++) {
                Path file = folder.resolve("machine-" + i);
                files.add(file);
                List<String> arguments = new ArrayList<>(List.of(
                        server.uri(),
                        String.valueOf(threads),
                        duration.toString(),
                        String.valueOf(machines * threads),
                        file.toString()));
                for (Endpoint endpoint : called) {
                    arguments.add(endpoint.name());
                }
                started.add(start(CallingMachine.class, arguments.toArray(String[]::new)));
            }
            for (Process machine : started) {
                awaitReady(machine);
            }
            for (Process machine : started) {
                machine.getOutputStream().write('\n');
                machine.getOutputStream().flush();
            }
            for (Process machine : started) {
                assertThat(machine.waitFor()).isZero();
            }
        } finally {
            started.forEach(Process::destroyForcibly);
        }
        List<Charge> charges = new ArrayList<>();
        for (Path file : files) {
            Files.readAllLines(file).forEach(line -> charges.add(Charge.read(line)));
        }
        return charges;
    }

    /** Starts a JVM that runs a main class. */
    static Process start(Class<?> main, String... arguments) throws IOException {
        // Modules are good on the class path too, and the tests are no module.
        String classPath =
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path", "");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void awaitReady(Process machine) throws IOException {
        try (BufferedReader out = machine.inputReader()) {
            assertThat(out.readLine()).isEqualTo(CallingMachine.READY);
        }
    }
}
