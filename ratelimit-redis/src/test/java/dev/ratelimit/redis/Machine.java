package dev.ratelimit.redis;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a machine, which run at a rate of their own while the server's time goes on, and a timer that rings
 * when told.
 */
final class Machine implements TimeSource, Leases.Timer {

    private record Alarm(CompletableFuture<@Nullable Void> over, long due) {}

    private static final long ORIGIN = Long.MAX_VALUE - 50_000_000; // soon passes zero
    private static final Instant WALL = Instant.parse("1999-01-01T00:00:00Z");

    private final ManualTime server;
    private final long start;
    private final long perMille;
    private final List<Alarm> alarms = new ArrayList<>();
    private Duration steps = Duration.ZERO;

    /** Makes a machine, whose clocks are faster than the server's by so many thousandths. */
    Machine(ManualTime server, long perMille) {
        this.server = server;
        this.start = server.nanoTime();
        this.perMille = perMille;
    }

    private long elapsed() {
        long nanos = server.nanoTime() - start;
        return nanos + Math.floorDiv(nanos * perMille, 1_000L);
    }

    @Override
    public long nanoTime() {
        return ORIGIN + elapsed();
    }

    @Override
    public Instant instant() {
        return WALL.plusNanos(elapsed()).plus(steps);
    }

    /** Moves the wall clock alone, as a suspension does of which the monotonic clock knows nothing. */
    void stepWall(Duration step) {
        steps = steps.plus(step);
    }

    @Override
    public synchronized void complete(CompletableFuture<@Nullable Void> over, long nanos) {
        alarms.removeIf(alarm -> alarm.over.isDone());
        alarms.add(new Alarm(over, nanoTime() + nanos));
    }

    /** Completes what is due. */
    void ring() {
        due().forEach(alarm -> alarm.over.complete(null));
    }

    private synchronized List<Alarm> due() {
        List<Alarm> due =
                alarms.stream().filter(alarm -> alarm.due - nanoTime() <= 0).toList();
        alarms.removeAll(due);
        return due;
    }
}
