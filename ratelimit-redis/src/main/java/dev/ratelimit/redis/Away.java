package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitsUnknown;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the host chose for the time when Redis is away.
 *
 * @param fallback decides by its own tiers, if there is one
 * @param admits otherwise, whether all is admitted or all is rejected
 * @param untilProbe tells the nanoseconds, at least 1, until Redis may be asked again about a caller
 */
record Away(@Nullable RateLimiter fallback, boolean admits, ToLongFunction<Caller> untilProbe) {

    Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        return fallback != null ? fallback.tryAcquire(caller.organization(), endpoint, usage) : decision(caller);
    }

    Decision peek(Caller caller, String endpoint, Usage usage) {
        return fallback != null ? fallback.peek(caller.organization(), endpoint, usage) : decision(caller);
    }

    AsyncReservation reserve(Meters meters, Caller caller, String endpoint, Usage estimate) {
        if (fallback != null) {
            return new LocalReservation(fallback.reserve(caller.organization(), endpoint, estimate));
        }
        return decision(caller) instanceof Rejected rejected
                ? new LocalReservation(Reservation.rejected(rejected))
                : new RedisReservation(meters, this, endpoint, admittedWithoutLimits(caller));
    }

    private static Meters.Outcome admittedWithoutLimits(Caller caller) {
        Target nothing = new Target(caller, "", List.of(), Target.ANY_NUMBER);
        return new Meters.Outcome(Decision.admitted(), nothing, List.of());
    }

    /** Decides about more for a reservation that Redis admitted. A fallback takes it for a call of its own, which counts as none. */
    Decision add(Caller caller, String endpoint, Usage more) {
        Usage stated = more.states(Unit.CALLS) ? more : more.and(Unit.CALLS, 0);
        return tryAcquire(caller, endpoint, stated);
    }

    List<LimitStatus> status(Throwable failure, Function<RateLimiter, List<LimitStatus>> question) {
        if (fallback == null) {
            throw new RedisUnavailableException("Redis must answer to tell a status", Link.unwrapped(failure));
        }
        return question.apply(fallback);
    }

    private Decision decision(Caller caller) {
        return admits
                ? Decision.admitted()
                : Rejected.forNanos(new LimitsUnknown(), caller.tier().message(), untilProbe.applyAsLong(caller));
    }
}
