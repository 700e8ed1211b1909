package dev.ratelimit.http;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.Rejected;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Usage;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A limit that a client is told of: each of a decision but those that refuse nothing, shadows and soft quotas.
 *
 * @param status where the organization stands with it
 * @param violated whether it refuses the call
 * @param untilMore the wait until a call of one unit fits, where nothing remains; otherwise until more units remain;
 *     empty if that is never, is not known, or nothing is used
 */
record ToldLimit(LimitStatus status, boolean violated, Optional<Duration> untilMore) {

    private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

    /** Returns the limits of a decision: those that refuse first, then the tightest. */
    static List<ToldLimit> of(Decision decision, Usage usage) {
        List<LimitStatus> limits = limitsOf(decision);
        List<ToldLimit> told = new ArrayList<>(limits.size());
        for (LimitStatus status : limits) {
            if (!status.applied().shadow() && !isSoft(status.applied().limit())) {
                told.add(of(status, decision, usage));
            }
        }
        told.sort(ToldLimit::compareTightness);
        return told;
    }

    /** Returns the limits of a decision; none of the refusal of a key, which no limiter was asked about. */
    private static List<LimitStatus> limitsOf(Decision decision) {
        try {
            return decision.limits();
        } catch (IllegalStateException e) {
            if (decision instanceof Rejected no && !(no.cause() instanceof LimitReached)) {
                return List.of();
            }
            throw e;
        }
    }

    private static boolean isSoft(Limit limit) {
        return limit instanceof Quota quota && quota.overrun() == Overrun.NEVER_REFUSES;
    }

    private static ToldLimit of(LimitStatus status, Decision decision, Usage usage) {
        long units = usage.amountOf(status.applied().limit().unit());
        if (!(decision instanceof Rejected no)) {
            return new ToldLimit(status, false, untilMore(status, Optional.empty()));
        }
        boolean isCause =
                no.cause() instanceof LimitReached reached && reached.applied().equals(status.applied());
        // When the whole call fits, so does one unit.
        Optional<Duration> untilFits = units > 0 ? no.retryAfter() : Optional.empty();
        return new ToldLimit(status, isCause || refuses(status, units), untilMore(status, untilFits));
    }

    /** Tells whether a limit refuses a call of some units. */
    private static boolean refuses(LimitStatus status, long units) {
        Limit limit = status.applied().limit();
        long most = limit.most() + status.granted();
        boolean untilReached = limit instanceof Quota quota && quota.overrun() == Overrun.UNTIL_REACHED;
        return untilReached ? status.used() >= most : units > most - status.used();
    }

    private static Optional<Duration> untilMore(LimitStatus status, Optional<Duration> untilFits) {
        Limit limit = status.applied().limit();
        if (status.used() == 0
                || limit.most() + status.granted() == 0
                || limit instanceof ConcurrencyLimit
                || limit instanceof PerCallLimit) {
            return Optional.empty();
        }
        if (limit instanceof Quota) {
            return status.resetAfter();
        }
        if (status.overrun() == 0) {
            return status.nextReleaseAfter();
        }
        Optional<Duration> least = least(status.resetAfter(), untilFits);
        return limit instanceof TokenBucket bucket ? least(least, untilOne(status, bucket)) : least;
    }

    /** Returns the wait until one unit is in a bucket that is below empty, or a nanosecond more. */
    private static Optional<Duration> untilOne(LimitStatus status, TokenBucket bucket) {
        if (bucket.amount() == 0) {
            return Optional.empty();
        }
        BigInteger amount = BigInteger.valueOf(bucket.amount());
        BigInteger nanos = BigInteger.valueOf(status.overrun())
                .multiply(BigInteger.valueOf(bucket.per().toNanos()))
                .add(amount.subtract(BigInteger.ONE))
                .divide(amount);
        Duration more = nanos.bitLength() < Long.SIZE ? Duration.ofNanos(nanos.longValue()) : FOR_EVER;
        return more.equals(FOR_EVER)
                ? Optional.empty()
                : status.nextReleaseAfter().map(more::plus);
    }

    private static Optional<Duration> least(Optional<Duration> a, Optional<Duration> b) {
        boolean isSooner = b.isPresent() && (a.isEmpty() || b.get().compareTo(a.get()) < 0);
        return isSooner ? b : a;
    }

    AppliedLimit applied() {
        return status.applied();
    }

    Limit limit() {
        return status.applied().limit();
    }

    /** Returns the most units that may be used, with those that are granted. */
    long most() {
        return limit().most() + status.granted();
    }

    /** Compares by what is told first: limits that refuse, then the least share left, then the longest reset. */
    private static int compareTightness(ToldLimit a, ToldLimit b) {
        if (a.violated != b.violated) {
            return a.violated ? -1 : 1;
        }
        int byShare = Double.compare(a.shareLeft(), b.shareLeft());
        return byShare != 0 ? byShare : b.reset().compareTo(a.reset());
    }

    private double shareLeft() {
        return most() == 0 ? 0 : (double) status.remaining() / most();
    }

    private Duration reset() {
        return status.resetAfter().orElse(FOR_EVER);
    }

    /** Tells whether the units of one call count when the next one comes. */
    boolean isCounted() {
        return !(limit() instanceof PerCallLimit);
    }

    /** Tells whether time alone brings units back. */
    boolean flowsBack() {
        return isCounted() && !(limit() instanceof ConcurrencyLimit);
    }
}
