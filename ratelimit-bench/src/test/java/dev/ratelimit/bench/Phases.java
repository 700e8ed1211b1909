package dev.ratelimit.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The schedule that limiters are compared by, on one thread. Before each phase there is no call for a little more than
 * a window and some quarters of one, so that a bucket is full, and boundaries of fixed windows lie anywhere. Then calls
 * until one is refused. Then, in phases of even number, a call every 500th of a window; in the others nothing until a
 * 1,000th of a window is left, and then calls again, so that it shows when a window is a little too short. A phase ends
 * a little more than a window after its first call.
 */
final class Phases {

    static final int NUMBER = 4;

    private final Rival rival;
    private final long window;

    Phases(Rival rival, Duration window) {
        this.rival = rival;
        this.window = window.toNanos();
    }

    /**
     * What a phase showed.
     *
     * @param worst the most calls that were surely admitted in one window: that began and ended in it
     * @param admitted the admitted calls
     */
    record Phase(long worst, List<Admitted> admitted) {}

    /** When an admitted call began and ended, in windows since the phase began. */
    record Admitted(double start, double end) {}

    /** Runs the phase of a number. */
    Phase run(int phase) {
        Steps windows = new Steps();
        List<Admitted> calls = new ArrayList<>();
        waitUntil(System.nanoTime() + window + window / 10 + phase % NUMBER * window / NUMBER);
        long origin = System.nanoTime();
        boolean silent = phase % 2 == 1;
        long end = 0;
        while (end < window + window / 10) {
            long start = System.nanoTime() - origin;
            boolean admitted = rival.tryAcquire();
            end = System.nanoTime() - origin;
            if (admitted) {
                windows.addBetween(end - window, start, 1);
                calls.add(new Admitted((double) start / window, (double) end / window));
            } else if (silent) {
                waitUntil(origin + window - window / 1_000);
                silent = false;
            } else {
                LockSupport.parkNanos(window / 500);
            }
        }
        return new Phase(windows.peak(), calls);
    }

    private static void waitUntil(long time) {
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
            if (left > 1_000_000) {
                LockSupport.parkNanos(left - 500_000);
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
