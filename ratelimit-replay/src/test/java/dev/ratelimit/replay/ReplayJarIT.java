package dev.ratelimit.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The executable jar in a JVM of its own, of little memory and in a locale of few characters. */
class ReplayJarIT {

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String JAR =
            Path.of("target", "ratelimit-replay.jar").toAbsolutePath().toString();

    @TempDir
    Path folder;

    @Test
    void aTraceInGzipIsReplayed() throws Exception {
        Path trace = folder.resolve("trace.jsonl.gz");
        try (OutputStream out = gzip(trace)) {
            out.write("{\"at\":1}\n{\"at\":2}\n".getBytes(UTF_8));
        }

        assertThat(replay(64, trace, "--format", "json"))
                .isEqualTo(new Run(
                        0,
                        "{\"calls\":2,\"admitted\":2,\"rejected\":0,\"limits\":[],\"organizations\":["
                                + "{\"organization\":\"default\",\"calls\":2,\"admitted\":2,\"rejected\":0}]}\n",
                        ""));
    }

    @Test
    void aLineLongerThanTheMemoryIsNamed() throws Exception {
        Path trace = folder.resolve("trace.jsonl.gz");
        try (OutputStream out = gzip(trace)) {
            out.write("{\"at\":1}\n".getBytes(UTF_8));
            byte[] mebibyte = "x".repeat(1 << 20).getBytes(UTF_8);
            for (int i = 0; i < 200; i++) {
                out.write(mebibyte);
            }
        }

        Run run = replay(96, trace);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("error: " + trace + ":2: line must be of at most 4194304 characters: xxx")
                .hasLineCount(1);
    }

    @Test
    void organizationsThatDoNotFitIntoTheMemoryAreAnErrorInOneSentence() throws Exception {
        Path trace = folder.resolve("trace.csv.gz");
        try (OutputStream out = gzip(trace)) {
            out.write("at,org\n".getBytes(UTF_8));
            for (int i = 0; i < 500_000; i++) {
                out.write((i + ",organization " + i + "\n").getBytes(UTF_8));
            }
        }

        Run run = replay(40, trace, "--organization", "org", "--limit", "calls=1/month");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("error: the trace must fit into the memory of the JVM")
                .hasLineCount(1);
    }

    @Test
    void aFileNameOutsideTheCharsetOfTheLocaleIsAnErrorInOneSentence() throws Exception {
        String script = "name=$(printf 'tr\\303\\274.csv'); cd \"$1\"; printf 'at\\n1\\n' > \"$name\";"
                + " LC_ALL=C exec \"$2\" -jar \"$3\" \"$name\" --time at --time-unit s";

        Run run = run(List.of("sh", "-c", script, "sh", folder.toString(), JAVA, JAR));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("error: the name of a file must be in the charset of the locale, which LC_ALL sets: tr")
                .hasLineCount(1);
    }

    private static OutputStream gzip(Path file) throws IOException {
        return new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file)));
    }

    private static Run replay(int mebibytes, Path trace, String... more) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(JAVA, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx" + mebibytes + "m", "-jar", JAR));
        command.addAll(List.of(trace.toString(), "--time", "at", "--time-unit", "s"));
        command.addAll(List.of(more));
        return run(command);
    }

    private static Run run(List<String> command) throws Exception {
        Path err = Files.createTempFile("replay", ".err");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(err.toFile()).start();
            String out = new String(process.getInputStream().readAllBytes(), UTF_8);
            return new Run(process.waitFor(), out, Files.readString(err));
        } finally {
            Files.delete(err);
        }
    }
}
