package dev.ratelimit.testkit;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A limit of single calls, which counts nothing. */
final class ReferencePerCall extends ReferenceMeter {

    @Override
    Charge charge(Limit limit, long units, Moment now) {
        return new Charge(0);
    }

    @Override
    long chargeAnyway(Limit limit, long units, Moment now) {
        return 0;
    }

    @Override
    void settle(Limit limit, List<Charge> charged, long units, Moment now) {}

    @Override
    long used(Moment now) {
        return 0;
    }

    @Override
    Optional<Refusal> refusal(AppliedLimit applied, long units, Moment now) {
        return units <= applied.limit().amount()
                ? Optional.empty()
                : Optional.of(new Refusal(applied, units, Optional.empty()));
    }

    @Override
    LimitStatus status(AppliedLimit applied, Moment now) {
        return LimitStatus.of(applied, 0, 0, Optional.of(Duration.ZERO));
    }
}
