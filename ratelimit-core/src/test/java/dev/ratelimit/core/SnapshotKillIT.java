package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.core.Snapshots.Snapshot;
import dev.ratelimit.kernel.MeterKey;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes snapshots all the time is killed again and again; the file can be read after each. */
class SnapshotKillIT {

    private static final int KILLS = Integer.getInteger("snapshot.kills", 10);
    private static final int ORGANIZATIONS = 300;

    @TempDir
    Path folder;

    /** Replaces a file by a snapshot every few milliseconds until it is killed; tells when it has done so once. */
    static final class Child {

        private Child() {}

        public static void main(String[] args) throws Exception {
            Path file = Path.of(args[0]);
            for (int i = 1; ; i++) {
                Snapshot snapshot = snapshot(Instant.now(), i);
                SnapshotFiles.replace(file, out -> Snapshots.write(snapshot, out));
                if (i == 1) {
                    System.out.write('.');
                    System.out.flush();
                }
                Thread.sleep(2);
            }
        }
    }

    @Test
    void theFileIsWholeWheneverItsWriterIsKilled() throws Exception {
        Path file = folder.resolve("limits");
        Random random = new Random(7);
        Instant newest = Instant.MIN;
        int leftovers = 0;
        // On a fast machine the writer is seldom in the middle of a file.
        for (int i = 0; i < KILLS || (leftovers == 0 && i < 20 * KILLS); i++) {
            Process child = start(file);
            try {
                assertThat(child.getInputStream().read()).isEqualTo('.');
                Thread.sleep(random.nextInt(60), random.nextInt(1_000_000));
            } finally {
                child.destroyForcibly().waitFor();
            }
            leftovers += names().size() - 1;
            Snapshot snapshot = read(file);
            Instant taken = snapshot.header().taken();
            assertThat(taken).isAfter(newest);
            int number = (int) snapshot.header().highest().getEpochSecond();
            assertThat(snapshot).isEqualTo(snapshot(taken, number));
            newest = taken;
        }
        assertThat(leftovers).as("kills in the middle of writing").isPositive();
        SnapshotFiles.replace(file, out -> Snapshots.write(snapshot(Instant.EPOCH, 1), out));
        assertThat(names()).containsExactly("limits");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }

    private static Process start(Path file) throws IOException {
        String classPath = String.join(
                File.pathSeparator, "target/classes", "target/test-classes", "../ratelimit-api/target/classes");
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        classPath,
                        Child.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Snapshot read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Snapshots.read(in);
        }
    }

    /** Returns a snapshot of some 200 KB in several blocks. */
    private static Snapshot snapshot(Instant taken, int number) {
        MeterKey minute = Snapshots.key("chat", Duration.ofMinutes(1));
        List<SavedOrganization> organizations = new ArrayList<>();
        for (int i = 0; i < ORGANIZATIONS; i++) {
            List<SavedMeter.Charge> charges = new ArrayList<>();
            for (int age = 40; age > 0; age--) {
                charges.add(new SavedMeter.Charge(age, number));
            }
            organizations.add(Snapshots.organization(
                    "organization " + i,
                    List.of(new SavedMeter.Window(minute, charges), Snapshots.lifetime("chat", number))));
        }
        return new Snapshot(new SnapshotHeader(taken, Instant.ofEpochSecond(number)), organizations);
    }
}
