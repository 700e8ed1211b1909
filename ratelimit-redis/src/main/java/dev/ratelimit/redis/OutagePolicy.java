package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Party;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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

    Decision tryAcquire(Caller caller, String endpoint, Usage usage, boolean reports) {
        return fallback != null
                ? fallback.limiter(reports).tryAcquire(fallback.caller(caller), endpoint, usage)
                : decision(caller, endpoint, reports);
    }

    Recorded record(Caller caller, String endpoint, Usage usage, boolean reports) {
        return fallback != null
                ? fallback.limiter(reports).record(fallback.caller(caller), endpoint, usage)
                : Recorded.notCharged(decision(caller, endpoint, reports));
    }

    Decision peek(Caller caller, String endpoint, Usage usage, boolean reports) {
        return fallback != null
                ? fallback.limiter(reports).peek(fallback.caller(caller), endpoint, usage)
                : decision(caller, endpoint, reports);
    }

    /** Reserves; what is admitted without limits is for the caller of this method to make. */
    AsyncReservation reserve(
            Caller caller,
            String endpoint,
            Usage estimate,
            boolean reports,
            Function<Decision, AsyncReservation> unlimited) {
        if (fallback != null) {
            return new LocalReservation(fallback.limiter(reports).reserve(fallback.caller(caller), endpoint, estimate));
        }
        Decision decision = decision(caller, endpoint, reports);
        return decision instanceof Rejected rejected
                ? new LocalReservation(Reservation.rejected(rejected))
                : unlimited.apply(decision);
    }

    /**
     * Decides about more for a reservation that Redis admitted. A fallback takes it for a call of its own, which counts
     * as none.
     */
    Decision use(Caller caller, String endpoint, Usage more, boolean reports) {
        Usage stated = more.states(Unit.CALLS) ? more : more.and(Unit.CALLS, 0);
        return tryAcquire(caller, endpoint, stated, reports);
    }

    List<LimitStatus> status(Throwable failure, Caller caller, String endpoint) {
        return fallback != null
                ? fallback.limiter(false).status(fallback.caller(caller), endpoint)
                : status(failure, limits(caller, party -> party.limits(endpoint).own()));
    }

    List<LimitStatus> status(Throwable failure, Caller caller) {
        return fallback != null
                ? fallback.limiter(false).status(fallback.caller(caller))
                : status(failure, limits(caller, Party::namedLimits));
    }

    /** Returns the limits of all parties of a call. */
    private static List<AppliedLimit> limits(Caller caller, Function<Party, List<AppliedLimit>> limits) {
        return Party.of(caller).stream()
                .flatMap(party -> limits.apply(party).stream())
                .toList();
    }

    /** Tells what holds of limits meanwhile: where all is admitted, they are as if nothing were used. */
    private List<LimitStatus> status(Throwable failure, List<AppliedLimit> limits) {
        if (!admits) {
            throw new RedisUnavailableException("Redis must answer to tell a status", failure);
        }
        return unused(limits);
    }

    private static List<LimitStatus> unused(List<AppliedLimit> limits) {
        return limits.stream()
                .map(limit -> LimitStatus.of(limit, 0, 0, Optional.of(Duration.ZERO)))
                .toList();
    }

    /** Decides without a fallback, and tells limits as a status does; of what is rejected nothing is known. */
    private Decision decision(Caller caller, String endpoint, boolean reports) {
        Decision decision = decision(caller);
        if (!reports) {
            return decision;
        }
        return decision.withLimits(
                admits ? unused(limits(caller, party -> party.limits(endpoint).own())) : List.of());
    }

    private Decision decision(Caller caller) {
        return admits
                ? Decision.admitted()
                : Rejected.temporary(
                        new StoreUnavailable(), caller.tier().message(), untilNextAttempt.applyAsLong(caller));
    }
}
