package dev.ratelimit.spring.boot;

import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.core.SnapshotException;
import dev.ratelimit.spring.boot.BackendProperties.OnDamage;
import dev.ratelimit.spring.boot.BackendProperties.Snapshot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Keeps what a limiter in memory has counted over a restart. The file is read when the limiter is made. It is written
 * by a daemon thread every so often, and once more when the application stops, after its last request.
 *
 * <p>Another file beside it, whose name ends with {@code .lock}, is locked for as long as the application lives. So two
 * processes never write one file, and a second one does not go on with the counts of the first.
 */
final class SnapshotFile implements SmartLifecycle, AutoCloseable {

    /** Stops after the web server, whose phase is 2,048 or less below the highest. */
    static final int PHASE = Integer.MAX_VALUE - 4_096;

    private static final Log LOG = LogFactory.getLog(SnapshotFile.class);
    private static final String PROPERTY = "ratelimit.snapshot.file";

    private final Path file;
    private final long everyNanos;
    private final OnDamage onDamage;
    private final FileChannel lockFile;
    private volatile @Nullable InMemoryRateLimiter limiter;
    private volatile @Nullable CountDownLatch running;

    private SnapshotFile(Path file, long everyNanos, OnDamage onDamage, FileChannel lockFile) {
        this.file = file;
        this.everyNanos = everyNanos;
        this.onDamage = onDamage;
        this.lockFile = lockFile;
    }

    /**
     * Locks the file.
     *
     * @throws RateLimitPropertyException if the properties are wrong, or if another application has locked it
     */
    static SnapshotFile lock(Snapshot properties) {
        Path file = properties.file();
        if (file == null) {
            throw new RateLimitPropertyException(PROPERTY, "must be the name of a file");
        }
        Path absolute = file.toAbsolutePath();
        Path folder = absolute.getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(absolute)) {
            throw new RateLimitPropertyException(PROPERTY, "must be a file in a folder that exists");
        }
        if (properties.every().isZero() || properties.every().isNegative()) {
            throw new RateLimitPropertyException("ratelimit.snapshot.every", "must be more than zero");
        }
        FileChannel channel = locked(absolute.resolveSibling(absolute.getFileName() + ".lock"));
        return new SnapshotFile(absolute, properties.every().toNanos(), properties.onDamage(), channel);
    }

    private static FileChannel locked(Path lock) {
        FileChannel channel;
        try {
            channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new RateLimitPropertyException(PROPERTY, "must be in a folder that can be written: " + e);
        }
        try {
            FileLock held = channel.tryLock();
            if (held != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            LOG.debug("Another application of this process has the lock", e);
        } catch (IOException e) {
            throw new RateLimitPropertyException(PROPERTY, "must be a file that can be locked: " + e);
        }
        closeQuietly(channel);
        throw new RateLimitPropertyException(PROPERTY, "must be of one application: another one has locked it");
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("A lock could not be released before the process ends", e);
        }
    }

    /**
     * Makes the limiter, which goes on where the file ends.
     *
     * @throws RateLimitPropertyException if the file is damaged and must not be, or cannot be read
     */
    InMemoryRateLimiter restore(InMemoryRateLimiterBuilder builder) {
        InMemoryRateLimiter restored = restored(builder);
        limiter = restored;
        return restored;
    }

    private InMemoryRateLimiter restored(InMemoryRateLimiterBuilder builder) {
        if (!Files.exists(file)) {
            LOG.info("There is no snapshot " + file + " yet: nothing counts at the start");
            return builder.build();
        }
        try {
            return builder.restore(file);
        } catch (SnapshotException e) {
            if (onDamage == OnDamage.FAIL) {
                throw new RateLimitPropertyException(
                        PROPERTY,
                        "must be a whole snapshot: " + e.getMessage()
                                + "; with ratelimit.snapshot.on-damage=keep-aside it is renamed, and nothing counts");
            }
            return withoutDamaged(builder, e);
        } catch (IOException e) {
            throw new RateLimitPropertyException(PROPERTY, "must be a file that can be read: " + e);
        }
    }

    private InMemoryRateLimiter withoutDamaged(InMemoryRateLimiterBuilder builder, SnapshotException damage) {
        Path aside = file.resolveSibling(file.getFileName() + ".damaged-" + System.currentTimeMillis());
        try {
            Files.move(file, aside);
        } catch (IOException e) {
            throw new RateLimitPropertyException(
                    PROPERTY, "must be a whole snapshot, or one that can be renamed: " + e);
        }
        LOG.warn("The snapshot " + file + " is damaged, nothing counts at the start. It is kept as " + aside, damage);
        return builder.build();
    }

    @Override
    public void start() {
        CountDownLatch stopped = new CountDownLatch(1);
        running = stopped;
        Thread thread = new Thread(() -> writeUntil(stopped), "ratelimit-snapshot");
        thread.setDaemon(true);
        thread.start();
    }

    private void writeUntil(CountDownLatch stopped) {
        try {
            while (!stopped.await(everyNanos, TimeUnit.NANOSECONDS)) {
                writeUnless(stopped);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts it but who wants it to end
        }
    }

    /** After the last write the file may be of another application. */
    private synchronized void writeUnless(CountDownLatch stopped) {
        if (stopped.getCount() > 0) {
            write();
        }
    }

    private void write() {
        InMemoryRateLimiter written = limiter;
        if (written == null) {
            return;
        }
        try {
            written.snapshot(file);
        } catch (IOException e) {
            LOG.error("The snapshot " + file + " could not be written", e);
        }
    }

    @Override
    public synchronized void stop() {
        CountDownLatch stopped = running;
        if (stopped != null) {
            stopped.countDown();
            running = null;
            write();
        }
    }

    @Override
    public boolean isRunning() {
        return running != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    /** Lets another application have the file. */
    @Override
    public void close() {
        closeQuietly(lockFile);
    }
}
