package dev.ratelimit.micrometer;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value that serves for a second, so that all gauges of a scrape share it. Safe for use by many threads. */
final class Recent<T> implements Supplier<T> {

    private static final long NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<T> source;
    private final LongSupplier nanoTime;
    private @Nullable T value;
    private long readAt;

    Recent(Supplier<T> source, LongSupplier nanoTime) {
        this.source = source;
        this.nanoTime = nanoTime;
    }

    @Override
    public synchronized T get() {
        long now = nanoTime.getAsLong();
        T known = value;
        if (known == null || now - readAt >= NANOS) {
            known = source.get();
            value = known;
            readAt = now;
        }
        return known;
    }
}
