package dev.ratelimit;

import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A clock that waiting moves on, and that remembers each wait. It wraps a microsecond after its start. */
class SleptTime implements TimeSource {

    static final long START = Long.MAX_VALUE - 1_000;

    final List<Long> sleeps = new ArrayList<>();
    private long nanoTime = START;

    @Override
    public long nanoTime() {
        return nanoTime;
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH;
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        sleeps.add(nanos);
        nanoTime += nanos;
    }

    void advance(long nanos) {
        nanoTime += nanos;
    }
}
