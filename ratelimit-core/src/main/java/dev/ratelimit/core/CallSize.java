package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.MeterKey;
import org.jspecify.annotations.Nullable;

/** Stands for the meter of a limit of single calls, which counts nothing. One object for all organizations. */
final class CallSize extends Meter {

    static final CallSize METER = new CallSize();

    private CallSize() {}

    @Override
    long nanosUntilFits(CompiledLimit limit, long units, long now) {
        return units <= limit.amount ? 0 : NEVER;
    }

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        return units <= limit.amount ? 0 : ~NEVER;
    }

    @Override
    long charge(CompiledLimit limit, long units, long now, Report report) {
        stands(report);
        return charge(limit, units, now);
    }

    private static void stands(Report report) {
        if (report.stands(0, 0, 0)) {
            report.waits(0, 0);
        }
    }

    @Override
    @Nullable
    Booking booking(long position) {
        return null;
    }

    @Override
    void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now) {}

    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report) {
        return new Charged(0, 0);
    }

    @Override
    Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report) {
        if (report != null) {
            stands(report);
        }
        return new Charged(0, 0);
    }

    @Override
    boolean isGone(@Nullable Booking booking, long units, long now) {
        return true;
    }

    @Override
    LimitStatus status(CompiledLimit limit, long now) {
        return limit.status(0, 0, 0, 0);
    }

    @Override
    @Nullable
    SavedMeter save(MeterKey key, long now) {
        return null;
    }

    @Override
    boolean isIdle(long now) {
        return true;
    }
}
