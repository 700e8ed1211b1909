package dev.ratelimit.core;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.ZoneOffset;

/** A quota of ten a day, counted on a day that has begun, with time moved by hand. */
final class Days {

    static final CompiledLimit TEN = CompiledLimits.of(Quota.of(Unit.CALLS, 10, QuotaPeriod.day(ZoneOffset.UTC)));

    private static final long DAY = Duration.ofDays(1).toNanos();

    final ManualTime time = new ManualTime();
    final PeriodCounter counter = new PeriodCounter(QuotaPeriod.day(ZoneOffset.UTC), new Clocks(time));

    void nextDay() {
        time.advanceNanos(DAY);
    }

    /** Charges a unit, and returns the number of the day it was written to: 0, or 1 for the next. */
    long charge() {
        return counter.charge(TEN, 1, time.nanoTime());
    }

    long used() {
        return counter.used(time.nanoTime());
    }
}
