package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The built jars in a JVM of their own, with SLF4J and without. */
class LoggingHostIT {

    private static final String MODULE = "dev.ratelimit.core";
    private static final String HOST = LoggingHost.class.getName();
    private static final Path TEST_CLASSES = pathOf(LoggingHost.class);

    @Test
    void withoutSlf4jTheLimiterWorksAndAFailingListenerIsLogged() throws Exception {
        String output = onTheClassPath(BuiltJarsIT.jars());
        assertThat(output).contains("missing: org/slf4j/");
        assertThatTheLimiterWorkedAndTheFailureWasLogged(output);
    }

    @Test
    void withoutSlf4jTheModuleWorksAndAFailingListenerIsLogged() throws Exception {
        String output = onTheModulePath(BuiltJarsIT.jars());
        assertThat(output).contains("missing: org/slf4j/");
        assertThatTheLimiterWorkedAndTheFailureWasLogged(output);
    }

    @Test
    void withSlf4jARejectionIsWrittenToTheLoggerThatWasNamed() throws Exception {
        String output = onTheClassPath(jarsAndSlf4j());
        assertThat(output)
                .contains("WARN limits - organization=acme endpoint=chat ")
                .contains("suppressed=0 rejected acme chat: 1 call per hour, retry after ");
        assertThatTheLimiterWorkedAndTheFailureWasLogged(output);
    }

    @Test
    void aHostThatRequiresTheModuleOfSlf4jHasRejectionsWrittenToIt() throws Exception {
        String output = onTheModulePath(jarsAndSlf4j(), "--add-modules", "org.slf4j");
        assertThat(output).contains("WARN limits - organization=acme endpoint=chat ");
        assertThatTheLimiterWorkedAndTheFailureWasLogged(output);
    }

    private static void assertThatTheLimiterWorkedAndTheFailureWasLogged(String output) {
        assertThat(output)
                .contains("admitted: true")
                .contains("rejected: Exceeded the limit of 1 call per hour")
                .contains("A listener threw an exception: listener=" + HOST + "$1, suppressed=0")
                .contains("IllegalStateException: a listener that fails");
    }

    private static List<Path> jarsAndSlf4j() throws ClassNotFoundException {
        List<Path> jars = new ArrayList<>(BuiltJarsIT.jars());
        jars.add(pathOf(Class.forName("org.slf4j.Logger"))); // by name: this module does not read that one
        jars.add(pathOf(Class.forName("org.slf4j.simple.SimpleLogger")));
        return jars;
    }

    private static Path pathOf(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    private static String onTheClassPath(List<Path> jars) throws IOException, InterruptedException {
        return run(List.of("-cp", path(jars) + File.pathSeparator + TEST_CLASSES, HOST));
    }

    private static String onTheModulePath(List<Path> jars, String... more) throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of(more));
        options.addAll(List.of("-p", path(jars), "--patch-module", MODULE + "=" + TEST_CLASSES));
        options.addAll(List.of("-m", MODULE + "/" + HOST));
        return run(options);
    }

    private static String path(List<Path> jars) {
        return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** Returns what a JVM with these options wrote. */
    private static String run(List<String> options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
