package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;

/**
 * The fields of an answer that tell a client where it stands, and when to come back.
 *
 * <pre>{@code
 * RateLimitFields fields = RateLimitFields.of(Dialect.IETF, Dialect.X_RATELIMIT);
 *
 * Decision decision = limiter.reporting().tryAcquire("acme", "chat");
 * fields.write(decision, response::put);
 * }</pre>
 *
 * <p>Every answer gets the fields of the dialects: of the limits that the call fell under, as of after its charge. A
 * limit that refuses nothing, a shadow or a soft quota, is not told. A refusal also gets:
 *
 * <ul>
 *   <li>{@code Retry-After}, whole seconds, rounded up, and {@code retry-after-ms}. Where calls in flight refuse, it is
 *       the certain part of the wait, and at least a time drawn at random ({@link #withRetryInFlight}).
 *   <li>{@code x-should-retry: false} instead, where no wait helps.
 * </ul>
 *
 * <p>In the dialect {@link Dialect#IETF} a client may send {@code r} units, and more after {@code t} seconds. One that
 * does so, alone, is never refused. A refusal has no {@code t} later than its {@code Retry-After}. Each of the two
 * fields tells of at most 4 limits, in less than 1,024 bytes: of those that refuse, then of the tightest. A policy's
 * name is the table, a slash, and the endpoint, or the group between brackets: {@code "calls per month/[all]"}. It is
 * percent-encoded where it is not printable ASCII, and cut at 64 characters.
 *
 * <p>Immutable, and safe for use by many threads.
 */
public final class RateLimitFields {

    private static final Duration RETRY_IN_FLIGHT = Duration.ofSeconds(1);
    private static final long NANOS_OF_SECOND = 1_000_000_000;
    private static final Duration LONGEST_RETRY_IN_FLIGHT = Duration.ofHours(1);

    private final Dialect[] dialects;
    private final TimeSource time;
    private final Duration retryInFlight;
    private final boolean registeredOnly;
    private final Policies policies = new Policies();

    private RateLimitFields(Dialect[] dialects, TimeSource time, Duration retryInFlight, boolean registeredOnly) {
        this.dialects = dialects;
        this.time = time;
        this.retryInFlight = retryInFlight;
        this.registeredOnly = registeredOnly;
    }

    /**
     * Makes the fields of some dialects, all of them at once.
     *
     * @param dialects the dialects; none is as {@link Dialect#NONE}
     * @return the fields
     * @throws IllegalArgumentException if {@link Dialect#X_RATELIMIT} and {@link Dialect#X_RATELIMIT_EPOCH} are both
     *     there, whose fields have the same names
     */
    public static RateLimitFields of(Dialect... dialects) {
        Set<Dialect> all = EnumSet.noneOf(Dialect.class);
        all.addAll(List.of(dialects));
        if (all.contains(Dialect.X_RATELIMIT) && all.contains(Dialect.X_RATELIMIT_EPOCH)) {
            throw new IllegalArgumentException("dialects must have one form of X-RateLimit-Reset: dialects=" + all);
        }
        return new RateLimitFields(all.toArray(new Dialect[0]), TimeSource.system(), RETRY_IN_FLIGHT, false);
    }

    /**
     * Returns these fields by another clock, which dialects with times of day go by.
     *
     * @param time the time source of the limiter
     * @return the fields
     */
    public RateLimitFields withTimeSource(TimeSource time) {
        return new RateLimitFields(dialects, requireNonNull(time, "time"), retryInFlight, registeredOnly);
    }

    /**
     * Returns these fields with another least wait where calls in flight refuse, which may end at any time. The wait is
     * drawn from it up to twice as long, so that those who are refused at once do not come back at once.
     *
     * @param least the least wait, more than zero and at most an hour; 1 second unless stated
     * @return the fields
     * @throws IllegalArgumentException if the wait is out of its range
     */
    public RateLimitFields withRetryInFlight(Duration least) {
        requireNonNull(least, "least");
        if (least.isNegative() || least.isZero() || least.compareTo(LONGEST_RETRY_IN_FLIGHT) > 0) {
            throw new IllegalArgumentException("least must be > 0 and at most an hour: least=" + least);
        }
        return new RateLimitFields(dialects, time, least, registeredOnly);
    }

    /**
     * Returns these fields without limits in {@link Dialect#IETF} whose unit the draft does not register. It registers
     * {@code requests}, {@code content-bytes} and {@code concurrent-requests}; {@code tokens} is none of them.
     *
     * @return the fields
     */
    public RateLimitFields withRegisteredUnitsOnly() {
        return new RateLimitFields(dialects, time, retryInFlight, true);
    }

    /**
     * Writes the fields of a decision about one call.
     *
     * @param decision what a {@linkplain dev.ratelimit.RateLimiter#reporting() reporting} limiter answered, or the
     *     refusal of a key
     * @param sink sets a field, by name and value; is called at most once for each name
     * @throws IllegalStateException if the decision does not report, unless it is the refusal of a key
     */
    public void write(Decision decision, BiConsumer<String, String> sink) {
        write(decision, Usage.call(), sink);
    }

    /**
     * Writes the fields of a decision.
     *
     * @param decision what a {@linkplain dev.ratelimit.RateLimiter#reporting() reporting} limiter answered, or the
     *     refusal of a key
     * @param usage what the call asked for, by which a refusal tells which limits refuse
     * @param sink sets a field, by name and value; is called at most once for each name
     * @throws IllegalStateException if the decision does not report, unless it is the refusal of a key
     */
    public void write(Decision decision, Usage usage, BiConsumer<String, String> sink) {
        requireNonNull(decision, "decision");
        requireNonNull(usage, "usage");
        requireNonNull(sink, "sink");
        List<ToldLimit> limits = ToldLimit.of(decision, usage);
        long latest = decision instanceof Rejected no ? writeRetry(no, sink) : Long.MAX_VALUE;
        for (Dialect dialect : dialects) {
            write(dialect, limits, latest, sink);
        }
    }

    private void write(Dialect dialect, List<ToldLimit> limits, long latest, BiConsumer<String, String> sink) {
        switch (dialect) {
            case IETF ->
                IetfFields.write(
                        registeredOnly
                                ? limits.stream()
                                        .filter(IetfFields::hasRegisteredUnit)
                                        .toList()
                                : limits,
                        latest,
                        policies,
                        sink);
            case X_RATELIMIT -> VendorFields.xRateLimit(limits, VendorFields::delta, sink);
            case X_RATELIMIT_EPOCH -> VendorFields.xRateLimit(limits, this::epochSecond, sink);
            case OPENAI -> VendorFields.openAi(limits, sink);
            case ANTHROPIC -> VendorFields.anthropic(limits, time.instant(), sink);
            case NONE -> {}
        }
    }

    private String epochSecond(Duration wait) {
        return Long.toString(VendorFields.after(time.instant(), wait).getEpochSecond());
    }

    /** Returns the whole seconds that the client is told to wait; the most there are, if it is told none. */
    private long writeRetry(Rejected no, BiConsumer<String, String> sink) {
        if (no.retryAfter().isEmpty()) {
            // Whether a wait helps is not known where a limiter is full: an organization may become idle.
            if (!(no.cause() instanceof CapacityReached)) {
                sink.accept("x-should-retry", "false");
            }
            return Long.MAX_VALUE;
        }
        Duration wait = no.retryAfter().get();
        long seconds = Numbers.seconds(wait);
        if (no.mayBeSooner()) {
            Duration certain = no.certainWait().orElse(Duration.ZERO);
            Duration drawn = retryInFlight.plusNanos(ThreadLocalRandom.current().nextLong(retryInFlight.toNanos() + 1));
            wait = certain.compareTo(drawn) > 0 ? certain : drawn;
            // To the nearest second, since rounded up nearly all draws would be the same.
            long nearest = Math.max(1, drawn.plusNanos(NANOS_OF_SECOND / 2).toSeconds());
            seconds = Math.max(Numbers.seconds(certain), nearest);
        }
        sink.accept("Retry-After", Long.toString(seconds));
        sink.accept("retry-after-ms", Long.toString(Numbers.millis(wait)));
        return seconds;
    }
}
