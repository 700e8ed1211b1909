package dev.ratelimit.bench;

import java.util.ArrayDeque;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** An exact limiter that locks and keeps the time of each unit. */
final class LogTarget implements Target {

    private final int amount;
    private final long window;
    private final ArrayDeque<Long> times = new ArrayDeque<>();

    LogTarget(int amount, long window) {
        this.amount = amount;
        this.window = window;
    }

    @Override
    public synchronized @Nullable LongConsumer ask(int key, long units) {
        long now = System.nanoTime();
        while (!times.isEmpty() && now - times.element() >= window) {
            times.remove();
        }
        if (times.size() + units > amount) {
            return null;
        }
        for (int i = 0; i < units; i++) {
            times.add(now);
        }
        return ADMITTED;
    }
}
