package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the views of an outgoing limiter share: until when calls wait, and tiers with the margin in their windows. */
final class Outgoing {

    private static final int MAX_TIERS = 1_024;
    private static final Duration LONGEST_WINDOW = Duration.ofNanos(1L << 60);

    private final TimeSource time;
    private final Duration margin;
    private final Duration cap;
    private final Holds asked = new Holds();
    private final Holds margins = new Holds();
    private final Map<Tier, Tier> tiers = new ConcurrentHashMap<>();

    Outgoing(TimeSource time, Duration margin, Duration cap) {
        this.time = time;
        this.margin = margin;
        this.cap = cap;
    }

    Duration margin() {
        return margin;
    }

    Duration cap() {
        return cap;
    }

    Optional<Duration> observe(String organization, String endpoint, int status, Map<String, List<String>> fields) {
        Optional<Duration> wait = StatedWait.of(status, fields, time.instant(), cap);
        if (wait.isPresent() && !wait.get().isZero()) {
            long now = time.nanoTime();
            long nanos = wait.get().toNanos();
            Rejected refusal = Rejected.temporary(new AskedToWait(endpoint), "", nanos);
            asked.hold(organization, endpoint, now, now + nanos, refusal, now);
        }
        return wait;
    }

    /** Returns the refusal of a call that waits for an earlier answer, or null if none does. */
    @Nullable
    Rejected held(Resolution who, String endpoint) {
        requireNonNull(endpoint, "endpoint");
        if (!(requireNonNull(who, "who") instanceof Caller caller)) {
            return null;
        }
        long now = time.nanoTime();
        Rejected held = asked.refusal(caller.organization(), endpoint, now);
        return held != null ? held : margins.refusal(caller.organization(), endpoint, now);
    }

    /** Returns who is asked for: the caller under tiers whose windows are longer by the margin. */
    Resolution within(Resolution who) {
        if (margin.isZero() || !(requireNonNull(who, "who") instanceof Caller caller)) {
            return who;
        }
        if (tiers.size() >= MAX_TIERS) {
            tiers.clear();
        }
        return caller.withTiers(of -> tiers.computeIfAbsent(of, tier -> tier.withLimits(this::longer)));
    }

    private Limit longer(Limit limit) {
        if (!(limit instanceof RateLimit window)) {
            return limit;
        }
        Duration longer = window.window().plus(margin);
        return new RateLimit(
                window.unit(),
                window.amount(),
                longer.compareTo(LONGEST_WINDOW) > 0 ? LONGEST_WINDOW : longer,
                window.precision());
    }

    /** Returns the answer to a call, and holds further ones for the margin when the wait of a refusal is over. */
    Decision answered(Resolution who, String endpoint, Decision decision, boolean reports) {
        if (decision instanceof Rejected no && takesMargin(no) && who instanceof Caller caller) {
            long now = time.nanoTime();
            long from = now + nanosOf(no);
            margins.hold(caller.organization(), endpoint, from, from + margin.toNanos(), no, now);
        }
        return longer(decision, reports);
    }

    Reservation answered(Resolution who, String endpoint, Reservation reservation, boolean reports) {
        return answered(who, endpoint, reservation.decision(), reports) instanceof Rejected no
                ? Reservation.rejected(no)
                : reservation;
    }

    /** Returns the decision with the margin in its wait. */
    Decision longer(Decision decision, boolean reports) {
        if (!(decision instanceof Rejected no) || !takesMargin(no)) {
            return decision;
        }
        Rejected longer = no.withRetryAfter(nanosOf(no) + margin.toNanos());
        return reports ? longer.withLimits(no.limits()) : longer;
    }

    private boolean takesMargin(Rejected no) {
        return !margin.isZero()
                && no.retryAfter().isPresent()
                && no.cause() instanceof LimitReached reached
                && (reached.applied().limit() instanceof TokenBucket
                        || reached.applied().limit() instanceof Quota);
    }

    /** Returns the wait of a refusal, at most 146 years, so that sums and differences of times stay in range. */
    private static long nanosOf(Rejected no) {
        return Math.min(NANOSECONDS.convert(no.retryAfter().orElseThrow()), Long.MAX_VALUE / 2);
    }
}
