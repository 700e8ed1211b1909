package dev.ratelimit.spi;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;

/** The clocks of the JVM. */
enum SystemTimeSource implements TimeSource {
    INSTANCE;

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public void sleep(long nanos, Future<?> woken) throws InterruptedException {
        try {
            woken.get(nanos, NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // The time has passed, or the thread was woken.
        }
    }
}
