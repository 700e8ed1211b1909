package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Tier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedTierFileTest {

    private static final Duration NEVER = Duration.ofDays(1_000_000);
    private static final String TRIAL = "tiers: [{name: trial}]";
    private static final String WITH_MESSAGE = "tiers: [{name: trial, message: Upgrade.}]";

    @TempDir
    Path folder;

    private Path file;
    private final List<Exception> failures = new ArrayList<>();

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("tiers.yaml");
        Files.writeString(file, TRIAL);
    }

    @Test
    void aChangedFileIsTakenOver() throws IOException {
        try (WatchedTierFile watched = TierFile.watch(file, NEVER, failures::add)) {
            Tier before = watched.tier("trial");
            watched.readIfChanged();
            assertThat(watched.tier("trial")).isSameAs(before);

            Files.writeString(file, WITH_MESSAGE);
            watched.readIfChanged();

            assertThat(watched.tier("trial").message()).isEqualTo("Upgrade.");
            assertThat(watched.current()).isEqualTo(TierFile.parse(WITH_MESSAGE));
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void aTierStaysTheSameObjectWhereOnlyItsTextChanged() throws IOException {
        try (WatchedTierFile watched = TierFile.watch(file, NEVER, failures::add)) {
            Tier before = watched.tier("trial");
            Files.writeString(file, "# a comment\n" + TRIAL);
            watched.readIfChanged();

            assertThat(watched.tier("trial")).isSameAs(before);
        }
    }

    @Test
    void aBrokenFileIsToldOnceAndTheOldOneStays() throws IOException {
        try (WatchedTierFile watched = TierFile.watch(file, NEVER, failures::add)) {
            Files.writeString(file, "tiers: [");
            watched.readIfChanged();
            watched.readIfChanged();

            assertThat(failures).singleElement().isInstanceOf(TierFileException.class);
            assertThat(watched.tier("trial").message()).isEmpty();

            Files.writeString(file, WITH_MESSAGE);
            watched.readIfChanged();
            assertThat(watched.tier("trial").message()).isEqualTo("Upgrade.");
            assertThat(failures).hasSize(1);
        }
    }

    @Test
    void aFileThatIsGoneIsToldOnceAndComesBack() throws IOException {
        try (WatchedTierFile watched = TierFile.watch(file, NEVER, failures::add)) {
            Files.delete(file);
            watched.readIfChanged();
            watched.readIfChanged();
            assertThat(failures).singleElement().isInstanceOf(NoSuchFileException.class);
            assertThat(watched.tier("trial").message()).isEmpty();

            Files.writeString(file, WITH_MESSAGE);
            watched.readIfChanged();
            assertThat(watched.tier("trial").message()).isEqualTo("Upgrade.");
        }
    }

    @Test
    void aHandlerThatThrowsEndsNoWatch() throws IOException {
        try (WatchedTierFile watched = TierFile.watch(file, NEVER, failure -> {
            throw new IllegalStateException("of the host");
        })) {
            Files.writeString(file, "tiers: [");
            watched.readIfChanged();
            Files.writeString(file, WITH_MESSAGE);
            watched.readIfChanged();

            assertThat(watched.tier("trial").message()).isEqualTo("Upgrade.");
        }
    }

    @Test
    void aThreadWatchesUntilTheWatchIsClosed() throws Exception {
        CountDownLatch broken = new CountDownLatch(1);
        Thread watching;
        try (WatchedTierFile watched = TierFile.watch(file, Duration.ofMillis(1), failure -> broken.countDown())) {
            watching = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("ratelimit-tier-file") && thread.isDaemon())
                    .findAny()
                    .orElseThrow();
            Files.writeString(file, "tiers: [");
            assertThat(broken.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(watched.tier("trial").message()).isEmpty();
        }
        watching.join(60_000);
        assertThat(watching.isAlive()).isFalse();
    }

    @Test
    void aWatchBeginsWithAFileThatCanBeRead() {
        assertThatThrownBy(() -> TierFile.watch(folder.resolve("none"), NEVER)).isInstanceOf(NoSuchFileException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TierFile.watch(file, Duration.ZERO))
                .withMessage("every must be > 0: every=PT0S");
    }
}
