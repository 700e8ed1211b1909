package dev.ratelimit.testkit;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Rejected;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What decides a call of a {@link ReferenceRateLimiter} at one reading of the clocks: the meters of its limits say who
 * refuses, and for how long. For one thread at a time.
 */
final class ReferenceDecider {

    final ReferenceClock clock;
    final ReferenceMeters meters;

    ReferenceDecider(ReferenceClock clock, ReferenceMeters meters) {
        this.clock = clock;
        this.meters = meters;
    }

    /** Reads the clocks; the wall clock only for quotas whose periods end, so that only they depend on it. */
    Moment now(List<AppliedLimit> limits) {
        return limits.stream().anyMatch(ReferenceDecider::goesByTheWallClock) ? clock.read() : clock.readNanoTime();
    }

    private static boolean goesByTheWallClock(AppliedLimit applied) {
        return applied.limit() instanceof Quota quota && !quota.period().equals(QuotaPeriod.lifetime());
    }

    /** Returns which limits refuse a call, of which the function tells the units. */
    List<ReferenceMeter.Refusal> refusals(
            Caller caller, List<AppliedLimit> limits, ToLongFunction<Limit> units, Moment now) {
        return limits.stream()
                .flatMap(applied ->
                        meters.of(caller, applied).refusal(applied, units.applyAsLong(applied.limit()), now).stream())
                .toList();
    }

    /** Answers a call that these limits refuse. */
    static Decision decide(Caller caller, List<ReferenceMeter.Refusal> refusals) {
        List<Rejected> shadowRejections = refusals.stream()
                .filter(refusal -> refusal.applied().shadow())
                .map(refusal -> refusal.rejected(notice(caller, refusal), refusal.certainWait()))
                .toList();
        List<ReferenceMeter.Refusal> inForce =
                refusals.stream().filter(refusal -> !refusal.applied().shadow()).toList();
        Duration certain = inForce.stream()
                .map(ReferenceMeter.Refusal::certainWait)
                .reduce(Duration.ZERO, (longest, next) -> next.compareTo(longest) > 0 ? next : longest);
        return inForce.stream()
                .reduce((longest, next) -> next.outlasts(longest) ? next : longest)
                .map(longest -> (Decision) longest.rejected(notice(caller, longest), certain))
                .orElse(Admitted.of(shadowRejections));
    }

    /** Returns the message of the tier of the party that refuses. */
    private static String notice(Caller caller, ReferenceMeter.Refusal refusal) {
        return ReferenceMeters.partyOf(caller, refusal.applied()).tier().message();
    }

    /** Returns where limits of a caller stand. */
    List<LimitStatus> status(Caller caller, List<AppliedLimit> limits, Moment now) {
        return limits.stream()
                .map(applied -> meters.of(caller, applied).status(applied, now))
                .toList();
    }
}
