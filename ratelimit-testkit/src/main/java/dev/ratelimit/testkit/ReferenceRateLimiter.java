package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rate limiter that is obviously right: each meter is the list of its charges, and each answer is read off that list.
 *
 * <p>Exact to the nanosecond for every limit, whatever its {@link dev.ratelimit.Precision}, and therefore what other limiters are
 * compared with. It takes time and memory in proportion to the charges that count, and never drops a meter: for tests only.
 *
 * <p>Safe for use by many threads. Calls are decided one at a time, at one reading of the clocks each, so that the order of the
 * decisions is an order of their times as well.
 */
public final class ReferenceRateLimiter implements RateLimiter {

    private static final Duration LONGEST_WAIT = Duration.ofNanos(Long.MAX_VALUE);

    private final TierResolver tiers;
    private final TimeSource time;
    private final Map<MeterKey, Meter> meters = new HashMap<>();
    private Instant highestWall = Instant.MIN;

    /**
     * Makes a limiter of which nothing is used.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     */
    public ReferenceRateLimiter(TierResolver tiers, TimeSource time) {
        this.tiers = requireNonNull(tiers, "tiers");
        this.time = requireNonNull(time, "time");
    }

    @Override
    public Decision tryAcquire(String organization, String endpoint, Usage usage) {
        return tryAcquire(callerOf(organization), endpoint, usage);
    }

    @Override
    public synchronized Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        requireNonNull(caller, "caller");
        requireNonNull(usage, "usage");
        List<AppliedLimit> limits = caller.tier().limitsFor(endpoint);
        Moment now = now(limits);
        Decision decision = decide(caller, limits, usage, now);
        if (decision.isAdmitted()) {
            for (AppliedLimit applied : limits) {
                meter(caller, applied).charge(usage.amountOf(applied.limit().unit()), now);
            }
        }
        return decision;
    }

    @Override
    public Decision peek(String organization, String endpoint, Usage usage) {
        return peek(callerOf(organization), endpoint, usage);
    }

    @Override
    public synchronized Decision peek(Caller caller, String endpoint, Usage usage) {
        requireNonNull(caller, "caller");
        requireNonNull(usage, "usage");
        List<AppliedLimit> limits = caller.tier().limitsFor(endpoint);
        return decide(caller, limits, usage, now(limits));
    }

    @Override
    public List<LimitStatus> status(String organization, String endpoint) {
        return status(callerOf(organization), endpoint);
    }

    @Override
    public synchronized List<LimitStatus> status(Caller caller, String endpoint) {
        requireNonNull(caller, "caller");
        List<AppliedLimit> limits = caller.tier().limitsFor(endpoint);
        Moment now = now(limits);
        return limits.stream()
                .map(applied -> meter(caller, applied).status(applied, now))
                .toList();
    }

    private Caller callerOf(String organization) {
        requireNonNull(organization, "organization");
        Tier tier = tiers.tierOf(organization);
        if (tier == null) {
            throw new IllegalStateException("an organization must have a tier: organization=" + organization);
        }
        return new Caller(organization, tier);
    }

    /** Reads the clocks; the wall clock only for quotas whose periods end, so that only they depend on it. */
    private Moment now(List<AppliedLimit> limits) {
        Instant wall = highestWall;
        if (limits.stream().anyMatch(ReferenceRateLimiter::goesByTheWallClock)) {
            wall = time.instant();
            highestWall = wall.isAfter(highestWall) ? wall : highestWall;
        }
        return new Moment(time.nanoTime(), wall, highestWall);
    }

    private static boolean goesByTheWallClock(AppliedLimit applied) {
        return applied.limit() instanceof Quota quota && !quota.period().equals(QuotaPeriod.lifetime());
    }

    private Decision decide(Caller caller, List<AppliedLimit> limits, Usage usage, Moment now) {
        return limits.stream()
                .flatMap(applied -> meter(caller, applied).refusal(applied, usage, now).stream())
                .reduce((longest, next) -> next.outlasts(longest) ? next : longest)
                .map(longest -> longest.decision(caller.tier().message()))
                .orElse(Decision.admitted());
    }

    private Meter meter(Caller caller, AppliedLimit applied) {
        Limit limit = applied.limit();
        Object span = limit instanceof RateLimit rate ? rate.window() : ((Quota) limit).period();
        MeterKey key = new MeterKey(
                caller.organization(), caller.tier().account(), applied.table(), applied.scope(), limit.unit(), span);
        return meters.computeIfAbsent(key, k -> new Meter());
    }

    /** What shares a meter. The span is a window or a period. The amount, its precision and its overrun are no part of it. */
    private record MeterKey(String organization, String account, String table, Scope scope, Unit unit, Object span) {}

    /** One reading of the clocks: the monotonic one, the wall clock, and the highest that the wall clock has ever read. */
    private record Moment(long nanoTime, Instant wall, Instant highestWall) {}

    private record Charge(Moment at, long units) {}

    /** A limit that refuses, and the wait until it does not; empty if it always will. */
    private record Refusal(AppliedLimit applied, Optional<Duration> retryAfter) {

        boolean outlasts(Refusal other) {
            return other.retryAfter.isPresent()
                    && (retryAfter.isEmpty() || retryAfter.get().compareTo(other.retryAfter.get()) > 0);
        }

        Decision decision(String notice) {
            LimitReached cause = new LimitReached(applied);
            return retryAfter
                    .map(wait -> Rejected.forNanos(cause, notice, wait.toNanos()))
                    .orElseGet(() -> Rejected.forGood(cause, notice));
        }
    }

    /** The charges that count, oldest first. Each question comes with the limit as the caller's tier has it. */
    private static final class Meter {

        private final List<Charge> charges = new ArrayList<>();

        void charge(long units, Moment now) {
            charges.add(new Charge(now, units));
        }

        LimitStatus status(AppliedLimit applied, Moment now) {
            long used = used(applied.limit(), now);
            return LimitStatus.of(applied, used, waitUntilGone(used, applied.limit(), now));
        }

        Optional<Refusal> refusal(AppliedLimit applied, Usage usage, Moment now) {
            Limit limit = applied.limit();
            long excess = excess(limit, used(limit, now), usage.amountOf(limit.unit()));
            return excess <= 0
                    ? Optional.empty()
                    : Optional.of(new Refusal(applied, waitUntilGone(excess, limit, now)));
        }

        /** Returns how many of the used units must go before the limit admits; it does if none must. */
        private static long excess(Limit limit, long used, long units) {
            boolean untilReached = limit instanceof Quota quota && quota.overrun() == Overrun.UNTIL_REACHED;
            return used - limit.amount() + (untilReached ? 1 : units);
        }

        private long used(Limit limit, Moment now) {
            forget(limit, now);
            return charges.stream().mapToLong(Charge::units).sum();
        }

        /** Drops what does not count now, and so never will: neither nanoTime nor the highest wall time goes back. */
        private void forget(Limit limit, Moment now) {
            if (limit instanceof RateLimit rate) {
                charges.removeIf(charge -> untilGone(charge, rate, now) <= 0);
            } else {
                Instant start = periodOf((Quota) limit, now).start();
                charges.removeIf(charge -> charge.at().highestWall().isBefore(start));
            }
        }

        /** Returns the wait until at least so many units have gone; empty if more are asked for than are used, or none will. */
        private Optional<Duration> waitUntilGone(long units, Limit limit, Moment now) {
            if (units == 0) {
                return Optional.of(Duration.ZERO);
            }
            long gone = 0;
            for (Charge charge : charges) {
                gone += charge.units();
                if (gone >= units) {
                    return limit instanceof RateLimit rate
                            ? Optional.of(Duration.ofNanos(untilGone(charge, rate, now)))
                            : untilEnd((Quota) limit, now);
                }
            }
            return Optional.empty();
        }

        private static long untilGone(Charge charge, RateLimit rate, Moment now) {
            return rate.window().toNanos() - (now.nanoTime() - charge.at().nanoTime());
        }

        private static Optional<Duration> untilEnd(Quota quota, Moment now) {
            Instant end = periodOf(quota, now).end();
            if (end.equals(Instant.MAX)) {
                return Optional.empty();
            }
            Duration untilEnd = Duration.between(now.wall(), end);
            return Optional.of(untilEnd.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : untilEnd);
        }

        private static QuotaPeriod.Interval periodOf(Quota quota, Moment now) {
            return quota.period().at(now.highestWall());
        }
    }
}
