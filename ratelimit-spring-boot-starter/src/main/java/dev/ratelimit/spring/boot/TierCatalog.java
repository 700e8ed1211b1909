package dev.ratelimit.spring.boot;

import dev.ratelimit.Tier;
import dev.ratelimit.spring.boot.TiersAndKeysReader.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * The tiers of the application and its keys, as they were read last. If they are in files that are reloaded, a daemon
 * thread reads these again, and takes over what has changed. A file that is broken, or that lacks a tier which a key or
 * a property names, is told in the log once, and everything stays as it was.
 *
 * <p>A thread of its own reads them first, so that the rest of the start does not wait. Who asks before that waits. The
 * start ends after it, and fails if it has failed, whether or not somebody has asked.
 *
 * <p>Safe for use by many threads. To ask it costs a volatile read and a look-up.
 */
public final class TierCatalog implements AutoCloseable, SmartInitializingSingleton {

    private static final Log LOG = LogFactory.getLog(TierCatalog.class);

    private final TiersAndKeysReader reader;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CompletableFuture<TiersAndKeys> first;

    /* Null until something is read again. */
    private volatile @Nullable TiersAndKeys newer;

    /* Of the watching thread only: what was read last, be it good or broken; null if a file could not be read. */
    private @Nullable Files last;

    private TierCatalog(TiersAndKeysReader reader) {
        this.reader = reader;
        Files files = reader.files();
        this.last = files;
        this.first = CompletableFuture.supplyAsync(() -> reader.read(files), task -> start("ratelimit-tiers", task));
    }

    /** Reads the tiers and the keys, and watches their files if an interval is given. */
    static TierCatalog of(TiersAndKeysReader reader, @Nullable Duration every) {
        TierCatalog catalog = new TierCatalog(reader);
        if (every != null) {
            start("ratelimit-reload", () -> catalog.watch(every));
        }
        return catalog;
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void watch(Duration every) {
        try {
            while (!closed.await(every.toNanos(), TimeUnit.NANOSECONDS)) {
                readIfChanged();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts it but who wants it to end
        }
    }

    private void readIfChanged() {
        Files files;
        try {
            files = reader.files();
        } catch (RuntimeException e) {
            if (last != null) {
                last = null;
                tell(e);
            }
            return;
        }
        if (files.equals(last)) {
            return;
        }
        last = files;
        try {
            newer = reader.read(files);
            LOG.info("The tiers and keys of the changed files are taken over");
        } catch (RuntimeException e) { // whatever it is, the next file may be good
            tell(e);
        }
    }

    private static void tell(RuntimeException failure) {
        LOG.warn("The changed files are not taken over, the former tiers and keys stay: " + failure.getMessage());
    }

    TiersAndKeys current() {
        TiersAndKeys read = newer;
        return read == null ? first() : read;
    }

    private TiersAndKeys first() {
        try {
            return first.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException refusal ? refusal : e;
        }
    }

    /**
     * Ends the start only when the tiers and the keys are read.
     *
     * @throws RateLimitPropertyException if something is wrong with them
     */
    @Override
    public void afterSingletonsInstantiated() {
        first();
    }

    /**
     * Returns all tiers.
     *
     * @return the tiers by name, in the order in which they stand, unmodifiable
     */
    public Map<String, Tier> tiers() {
        return current().tiers();
    }

    /**
     * Returns a tier.
     *
     * @param name the name of the tier
     * @return the tier
     * @throws IllegalArgumentException if there is no such tier
     */
    public Tier tier(String name) {
        Map<String, Tier> tiers = tiers();
        Tier tier = tiers.get(name);
        if (tier == null) {
            throw new IllegalArgumentException(
                    "tier must be one of " + String.join(", ", tiers.keySet()) + ": tier=" + name);
        }
        return tier;
    }

    /** Ends the watch. The tiers stay as they are. */
    @Override
    public void close() {
        closed.countDown();
    }
}
