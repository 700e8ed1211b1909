package dev.ratelimit.redis;

import dev.ratelimit.spi.TimeSource;
import java.time.Instant;

/** Both clocks as a test sets them, forward or back: so many microseconds after the epoch. */
final class SettableTime implements TimeSource {

    long micros;

    SettableTime(long micros) {
        this.micros = micros;
    }

    @Override
    public long nanoTime() {
        return micros * 1_000;
    }

    @Override
    public Instant instant() {
        return Micros.instant(micros);
    }
}
