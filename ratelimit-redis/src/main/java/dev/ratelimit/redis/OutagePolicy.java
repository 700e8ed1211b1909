package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the host chose for calls that Redis does not decide.
 *
 * @param fallback decides, if there is one
 * @param admits otherwise, whether all is admitted or all is rejected
 * @param untilNextAttempt tells the nanoseconds, at least 1, after which Redis may be worth asking again about a caller
 */
record OutagePolicy(@Nullable Fallback fallback, boolean admits, ToLongFunction<Caller> untilNextAttempt) {

    Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        return fallback != null
                ? fallback.limiter().tryAcquire(fallback.caller(caller), endpoint, usage)
                : decision(caller);
    }

    Decision peek(Caller caller, String endpoint, Usage usage) {
        return fallback != null ? fallback.limiter().peek(fallback.caller(caller), endpoint, usage) : decision(caller);
    }

    /** Reserves; what is admitted without limits is for the caller of this method to make. */
    AsyncReservation reserve(Caller caller, String endpoint, Usage estimate, Supplier<AsyncReservation> unlimited) {
        if (fallback != null) {
            return new LocalReservation(fallback.limiter().reserve(fallback.caller(caller), endpoint, estimate));
        }
        return decision(caller) instanceof Rejected rejected
                ? new LocalReservation(Reservation.rejected(rejected))
                : unlimited.get();
    }

    /**
     * Decides about more for a reservation that Redis admitted. A fallback takes it for a call of its own, which counts
     * as none.
     */
    Decision add(Caller caller, String endpoint, Usage more) {
        Usage stated = more.states(Unit.CALLS) ? more : more.and(Unit.CALLS, 0);
        return tryAcquire(caller, endpoint, stated);
    }

    List<LimitStatus> status(Throwable failure, Caller caller, String endpoint) {
        return fallback != null
                ? fallback.limiter().status(fallback.caller(caller), endpoint)
                : status(failure, caller.tier().limitsFor(endpoint));
    }

    List<LimitStatus> status(Throwable failure, Caller caller) {
        return fallback != null
                ? fallback.limiter().status(fallback.caller(caller))
                : status(failure, caller.tier().namedLimits());
    }

    /** Tells what holds of limits meanwhile: where all is admitted, they are as if nothing were used. */
    private List<LimitStatus> status(Throwable failure, List<AppliedLimit> limits) {
        if (!admits) {
            throw new RedisUnavailableException("Redis must answer to tell a status", failure);
        }
        return limits.stream()
                .map(limit -> LimitStatus.of(limit, 0, 0, Optional.of(Duration.ZERO)))
                .toList();
    }

    private Decision decision(Caller caller) {
        return admits
                ? Decision.admitted()
                : Rejected.temporary(
                        new StoreUnavailable(), caller.tier().message(), untilNextAttempt.applyAsLong(caller));
    }
}
