package dev.ratelimit.redis;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.CalendarPeriod;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The periods of a quota as the script takes them: those around an instant. They are computed again only when the
 * current one is another, as a calendar takes its time. Safe for use by many threads.
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

    private final QuotaPeriod period;
    private volatile @Nullable Around last;

    Periods(QuotaPeriod period) {
        this.period = period;
    }

    /** Tells whether they depend on the date. */
    boolean areOfTheCalendar() {
        return period instanceof CalendarPeriod;
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

    private Around around(QuotaPeriod.Interval current) {
        if (current.end().equals(Instant.MAX)) {
            return new Around(current, -Micros.ENDLESS, Micros.ENDLESS);
        }
        // The one before and the one after: a guess is good to some milliseconds, and mostly nowhere near a bound.
        Instant before = period.at(current.start().minusNanos(1)).start();
        Instant after = period.at(current.end()).end();
        return new Around(
                current, Micros.of(before), Micros.of(current.start()), Micros.of(current.end()), Micros.of(after));
    }
}
