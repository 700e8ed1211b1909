package dev.ratelimit.replay;

import dev.ratelimit.spi.TimeSource;
import java.time.Instant;

/** Both clocks of the limiter, standing at the time of the row that is decided. For one thread only. */
final class TraceTime implements TimeSource {

    private long now;

    void set(long nanosSince1970) {
        now = nanosSince1970;
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(now);
    }
}
