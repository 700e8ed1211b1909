package dev.ratelimit.spring.boot;

import static dev.ratelimit.spring.boot.TestService.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.RateLimiter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What was counted before a restart counts after it. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class SnapshotTest {

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("limits.bin");
    }

    private ApplicationContextRunner runner(String... properties) {
        return Runners.withTrial()
                .withPropertyValues(
                        "ratelimit.default-tier=trial",
                        "ratelimit.snapshot.file=" + file(),
                        "ratelimit.snapshot.every=1h")
                .withPropertyValues(properties);
    }

    private static long admitted(RateLimiter limiter) {
        return Stream.generate(() -> limiter.tryAcquire("acme", "chat").isAdmitted())
                .limit(10)
                .filter(admitted -> admitted)
                .count();
    }

    @Test
    void aRestartAdmitsNothingTwice(CapturedOutput output) throws Exception {
        String[] properties = {
            "ratelimit.tiers[0].name=trial",
            "ratelimit.tiers[0].tables[0].name=calls per hour",
            "ratelimit.tiers[0].tables[0].rows[0].all=together",
            "ratelimit.tiers[0].tables[0].rows[0].limit=5 calls per hour",
            "ratelimit.api-keys.demo-keys[0].key=demo",
            "ratelimit.api-keys.demo-keys[0].organization=acme",
            "ratelimit.api-keys.demo-keys[0].tier=trial",
            "ratelimit.paths[0].path=/v1/{endpoint}",
            "ratelimit.paths[0].endpoint={endpoint}",
            "ratelimit.snapshot.file=" + file(),
            "ratelimit.snapshot.every=1h"
        };
        try (TestService first = TestService.start(TestApplication.class, properties)) {
            for (int i = 0; i < 3; i++) {
                assertThat(first.call("/v1/chat", "demo").statusCode()).isEqualTo(200);
            }
        }
        assertThat(output).contains("There is no snapshot");
        try (TestService second = TestService.start(TestApplication.class, properties)) {
            List<Integer> statuses = List.of(
                    second.call("/v1/chat", "demo").statusCode(),
                    second.call("/v1/other", "demo").statusCode(),
                    second.call("/v1/chat", "demo").statusCode());
            assertThat(statuses).containsExactly(200, 200, 429);
        }
        assertThat(output).doesNotContain("WARN", "ERROR");
    }

    @Test
    void itIsWrittenEverySoOften() {
        runner("ratelimit.snapshot.every=10ms").run(context -> {
            assertThat(admitted(context.getBean(RateLimiter.class))).isEqualTo(5);
            until("it is there", () -> Files.exists(file()));
            byte[] first = Files.readAllBytes(file());
            until("it is written again", () -> !Arrays.equals(first, Files.readAllBytes(file())));
        });
        runner().run(context ->
                assertThat(admitted(context.getBean(RateLimiter.class))).isZero());
    }

    @Test
    void asLongAsOneApplicationRunsAnotherDoesNotStartWithTheSameFile() {
        runner().run(first -> {
            assertThat(admitted(first.getBean(RateLimiter.class))).isEqualTo(5);
            runner().run(second -> assertThat(second)
                    .getFailure()
                    .hasStackTraceContaining("ratelimit.snapshot.file: must be of one application"));
        });
        runner().run(third ->
                assertThat(admitted(third.getBean(RateLimiter.class))).isZero());
    }

    /** The lock is the operating system's: another process meets it, and a killed one loses it. */
    @Test
    void anotherProcessThatHasLockedTheFileIsMetToo() throws Exception {
        Path lock = folder.resolve("limits.bin.lock");
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockingProcess.class.getName(),
                        lock.toString())
                .redirectErrorStream(true)
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('!');
            runner().run(context ->
                    assertThat(context).getFailure().hasStackTraceContaining("another one has locked it"));
        } finally {
            other.destroyForcibly().waitFor();
        }
        runner().run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void aDamagedFileFailsTheStart() throws Exception {
        Files.writeString(file(), "no snapshot");

        runner().run(context ->
                assertThat(context).getFailure().hasStackTraceContaining("ratelimit.snapshot.on-damage=keep-aside"));
        assertThat(file()).hasContent("no snapshot");
    }

    @Test
    void aDamagedFileIsKeptAsideIfThePropertiesWantThat(CapturedOutput output) throws Exception {
        Files.writeString(file(), "no snapshot");

        runner("ratelimit.snapshot.on-damage=keep-aside")
                .run(context ->
                        assertThat(admitted(context.getBean(RateLimiter.class))).isEqualTo(5));
        assertThat(output).contains("WARN", "is damaged, nothing counts at the start");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(path -> path.toString().contains("limits.bin.damaged-")))
                    .singleElement()
                    .satisfies(aside -> assertThat(aside).hasContent("no snapshot"));
        }
        runner().run(context ->
                assertThat(admitted(context.getBean(RateLimiter.class))).isZero());
    }
}
