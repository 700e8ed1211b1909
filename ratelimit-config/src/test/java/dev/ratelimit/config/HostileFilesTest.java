package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that are made to exhaust a reader are refused by a JVM that has 64 MiB. */
class HostileFilesTest {

    @TempDir
    Path folder;

    @Test
    @Timeout(120)
    void aHostileFileIsRefusedWithin64Mebibytes() throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        // Modules are good on the class path too, and the tests are no module.
        String classPath =
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path", "");
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath,
                        HostileFilesTest.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            assertThat(jvm.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(out).content().isEqualTo("all refused" + System.lineSeparator());
            assertThat(jvm.exitValue()).isZero();
        } finally {
            jvm.destroyForcibly();
        }
    }

    /** Reads each of them, as a process of its own. */
    public static void main(String[] args) {
        texts().forEach((what, text) -> {
            try {
                TierFile.parse(text);
                System.out.println("not refused: " + what);
            } catch (TierFileException e) {
                if (e.errors().isEmpty()) {
                    System.out.println("no error: " + what);
                }
            }
        });
        System.out.println("all refused");
    }

    private static Map<String, String> texts() {
        int most = YamlText.MAX_LENGTH;
        Map<String, String> texts = new TreeMap<>();
        texts.put("deep lists", "tiers: " + "[".repeat(most - 7));
        texts.put("deep mappings", "tiers: " + "{a: ".repeat((most - 7) / 4));
        texts.put("deep blocks", "- ".repeat(most / 2));
        texts.put("many values", "tiers: [" + "a,".repeat((most - 9) / 2) + "]");
        texts.put("many keys", "tiers: [{" + "a,".repeat((most - 11) / 2) + "}]");
        texts.put("many empty tiers", "tiers: [" + "{},".repeat(90_000) + "]");
        texts.put("too long", "#".repeat(most + 1));
        texts.put("one long text", "tiers: " + "x".repeat(most - 7));
        texts.put("one long escaped text", "tiers: \"" + "\\u0041".repeat((most - 9) / 6) + '"');
        texts.put("many errors", "tiers:\n" + " - no\n".repeat(90_000));
        StringBuilder laughs = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 30; i++) {
            laughs.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        texts.put("a billion laughs", laughs.toString());
        texts.put("a ring", "tiers: &t [*t]");
        texts.put("many documents", "---\n".repeat(most / 4));
        texts.put("many anchors", "tiers: [" + "&a a,".repeat(90_000) + "]");
        texts.put("line breaks", "\n".repeat(most));
        texts.put("quotes", "\"".repeat(most));
        texts.put("colons", ":\n".repeat(most / 2));
        texts.put("question marks", "? ".repeat(most / 2));
        return texts;
    }
}
