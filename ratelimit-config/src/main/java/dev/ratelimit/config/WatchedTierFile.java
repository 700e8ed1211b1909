package dev.ratelimit.config;

import dev.ratelimit.Tier;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tier file that is read again when it changes, by a daemon thread of its own. Safe for use by many threads; to ask
 * it for a tier costs a volatile read and a look-up.
 *
 * <p>As long as a tier is the same text, it is the same object, unless the file changed elsewhere.
 */
public final class WatchedTierFile implements AutoCloseable {

    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

    private final Path file;
    private final Consumer<Exception> onFailure;
    private final CountDownLatch closed = new CountDownLatch(1);

    private volatile TierFile current;

    /* Of the watching thread only: what was read last, be it good or broken; null if nothing could be read. */
    private byte @Nullable [] lastBytes;

    private WatchedTierFile(Path file, byte[] bytes, Consumer<Exception> onFailure) {
        this.file = file;
        this.onFailure = onFailure;
        this.lastBytes = bytes;
        this.current = TierFile.parse(bytes, file.toString());
    }

    static WatchedTierFile begin(Path file, Duration every, Consumer<Exception> onFailure) throws IOException {
        WatchedTierFile watched = new WatchedTierFile(file, TierFile.bytes(file), onFailure);
        Thread thread = new Thread(() -> watched.watch(every), "ratelimit-tier-file");
        thread.setDaemon(true);
        thread.start();
        return watched;
    }

    private void watch(Duration every) {
        long nanos = every.compareTo(LONGEST_PAUSE) < 0 ? every.toNanos() : LONGEST_PAUSE.toNanos();
        try {
            while (!closed.await(nanos, TimeUnit.NANOSECONDS)) {
                readIfChanged();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts it but who wants it to end
        }
    }

    /** Takes a changed file over, or tells why not. */
    void readIfChanged() {
        byte[] bytes;
        try {
            bytes = TierFile.bytes(file);
        } catch (IOException e) {
            if (lastBytes != null) {
                lastBytes = null;
                tell(e);
            }
            return;
        }
        if (Arrays.equals(bytes, lastBytes)) {
            return;
        }
        lastBytes = bytes;
        try {
            TierFile changed = TierFile.parse(bytes, file.toString());
            current = changed.equals(current) ? current : changed;
        } catch (TierFileException e) {
            tell(e);
        }
    }

    /** What the host throws ends no watch. */
    private void tell(Exception failure) {
        try {
            onFailure.accept(failure);
        } catch (RuntimeException e) {
            System.getLogger(WatchedTierFile.class.getName())
                    .log(System.Logger.Level.WARNING, "The host's handler of a broken tier file failed", e);
        }
    }

    /**
     * Returns the file as it was read last.
     *
     * @return the tiers
     */
    public TierFile current() {
        return current;
    }

    /**
     * Returns a tier of the file as it was read last.
     *
     * @param name the name of the tier
     * @return the tier
     * @throws IllegalArgumentException if the file has no such tier
     */
    public Tier tier(String name) {
        return current.tier(name);
    }

    /** Ends the watch. The tiers stay as they are. A further call does nothing. */
    @Override
    public void close() {
        closed.countDown();
    }
}
