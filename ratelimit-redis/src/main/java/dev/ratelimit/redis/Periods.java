package dev.ratelimit.redis;

import dev.ratelimit.QuotaPeriod;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The periods of a quota around an instant, as the script takes them. They are cached until the current period is
 * another, since a calendar takes its time. Safe for use by many threads.
 */
final class Periods {

    /** Bounds of periods, in microseconds, and the one that they were asked for. */
    private static final class Around {

        private final QuotaPeriod.Interval current;
        private final long[] bounds;

        Around(QuotaPeriod.Interval current, long... bounds) {
            this.current = current;
            this.bounds = bounds;
        }

        boolean isAround(Instant guess) {
            return !guess.isBefore(current.start()) && guess.isBefore(current.end());
        }
    }

    /** By how much a guess of the server's time may be off without costing a second round trip. */
    private static final Duration GUESS = Duration.ofMillis(50);

    private final QuotaPeriod period;
    private volatile @Nullable Around last;

    Periods(QuotaPeriod period) {
        this.period = period;
    }

    /** Tells whether they depend on the date. */
    boolean areOfTheCalendar() {
        return !(period instanceof QuotaPeriod.Lifetime);
    }

    /** Returns the bounds of the periods around an instant at which a request will probably be decided. */
    long[] boundsAround(Instant guess) {
        Around around = last;
        if (around == null || !around.isAround(guess)) {
            around = around(period.at(guess));
            last = around;
        }
        return around.bounds;
    }

    /**
     * Returns how many periods before and after the current one a request states. A guess is good to some milliseconds,
     * and mostly nowhere near a bound; so more than one are needed only of periods that are short.
     */
    private static int beside(QuotaPeriod.Interval current) {
        Duration length = Duration.between(current.start(), current.end());
        return length.compareTo(GUESS) >= 0 ? 1 : (int) (GUESS.toNanos() / length.toNanos()) + 1;
    }

    private Around around(QuotaPeriod.Interval current) {
        if (current.end().equals(Instant.MAX)) {
            return new Around(current, -Micros.ENDLESS, Micros.ENDLESS);
        }
        int beside = beside(current);
        long[] bounds = new long[2 * beside + 2];
        Instant start = current.start();
        Instant end = current.end();
        for (int i = 0; i <= beside; i++) {
            bounds[beside - i] = Micros.of(start);
            bounds[beside + 1 + i] = Micros.of(end);
            start = i == beside ? start : period.at(start.minusNanos(1)).start();
            end = i == beside ? end : period.at(end).end();
        }
        return new Around(current, bounds);
    }
}
