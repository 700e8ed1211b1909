package dev.ratelimit.core;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.ZoneOffset;

/**
 * A quota of ten a day where one unit is used, on a day whose wall clock has jumped for a minute: who looks at the time
 * of day next leaves the day before its end.
 */
final class Jump {

    static final CompiledLimit TEN = CompiledLimits.of(Quota.of(Unit.CALLS, 10, QuotaPeriod.day(ZoneOffset.UTC)));

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    final ManualTime time = new ManualTime();
    final PeriodCounter counter = new PeriodCounter(QuotaPeriod.day(ZoneOffset.UTC), new Clocks(time));
    private long before;

    Jump(Duration step) {
        charge();
        jump(step);
    }

    /** Lets the wall clock jump, for a minute. */
    void jump(Duration step) {
        time.stepWall(step);
        used();
        before = time.nanoTime();
        time.advanceNanos(MINUTE);
    }

    void charge() {
        counter.charge(TEN, 1, time.nanoTime());
    }

    /** Charges with a reading of the monotonic clock that was made before the minute was over. */
    void chargeLate() {
        counter.charge(TEN, 1, before);
    }

    /** Looks at the time of day. */
    long used() {
        return counter.status(TEN, time.nanoTime()).used();
    }
}
