package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of {@link TierFile}. */
class TierFileSamplesTest {

    private static final String TEXT =
            "tiers: [{name: trial, tables: [{name: calls, rows: [{each: [chat], limit: 1 call" + " per minute}]}]}]";

    /** Stands where the samples say {@code Path}. */
    private static final class Path {

        static java.nio.file.Path folder = java.nio.file.Path.of("");

        static java.nio.file.Path of(String name) {
            return folder.resolve(name);
        }
    }

    @TempDir
    java.nio.file.Path folder;

    @Test
    void aFileIsRead() throws IOException {
        Path.folder = folder;
        Files.writeString(Path.of("tiers.yaml"), TEXT);
        // sample: dev/ratelimit/config/TierFile.java
        TierFile file = TierFile.read(Path.of("tiers.yaml"));
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(file.tier("trial")).build();
        // end of sample

        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void aFileIsWatched() throws IOException {
        Path.folder = folder;
        Files.writeString(Path.of("tiers.yaml"), TEXT);
        // sample: dev/ratelimit/config/TierFile.java
        WatchedTierFile watched = TierFile.watch(Path.of("tiers.yaml"), Duration.ofSeconds(10));
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tiers(organization -> watched.tier(planOf(organization)))
                .build();
        // end of sample

        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        Files.writeString(Path.of("tiers.yaml"), TEXT.replace("1 call", "2 calls"));
        watched.readIfChanged();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        watched.close();
    }

    private static String planOf(String organization) {
        return organization.equals("acme") ? "trial" : "production";
    }
}
