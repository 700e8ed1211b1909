package dev.ratelimit.testkit;

import static java.time.ZoneOffset.UTC;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.util.List;
import java.util.Random;

/**
 * Calls, tiers and pauses that a seed determines. Few names and small amounts, so that meters are shared, filled and
 * emptied often; at most 1,024 units each, so that windows are exact at any precision.
 */
final class RandomTraffic {

    private static final List<QuotaPeriod> PERIODS = List.of(
            QuotaPeriod.day(UTC),
            QuotaPeriod.month(ZoneId.of("America/New_York")),
            QuotaPeriod.lifetime(),
            QuotaPeriod.day(ZoneId.of("Asia/Tokyo"), LocalTime.of(20, 0)),
            QuotaPeriod.week(UTC, DayOfWeek.SUNDAY, LocalTime.of(9, 30)),
            QuotaPeriod.year(MonthDay.of(2, 29), UTC));

    private static final List<QuotaPeriod> FIXED = List.of(
            QuotaPeriod.every(Duration.ofMillis(20)),
            QuotaPeriod.every(Duration.ofSeconds(90), Instant.ofEpochSecond(7)),
            QuotaPeriod.every(Duration.ofHours(7)));

    /**
     * Whose status makes a limiter look at the wall clock. When exactly it does so otherwise is its own affair, so
     * before that clock is set all must have seen how far it had come.
     */
    static final Caller WATCHER = Caller.of("watcher", Scenarios.tierOf(Quota.perMonth(1)));

    private final Random random;
    private final Duration tick;
    private final List<Duration> windows;

    /** In ticks, divisible by each number up to 7: a unit flows back in a whole number of ticks. */
    private final List<Duration> flows;

    private final boolean hasFixedWindows;
    private final List<Tier> tiers;
    private int minutesOff;

    RandomTraffic(long seed, Duration tick) {
        this.random = new Random(seed);
        this.tick = tick;
        this.windows = List.of(tick.multipliedBy(30), Duration.ofMillis(20).plus(tick), Duration.ofMinutes(1));
        this.flows = List.of(tick.multipliedBy(420), Duration.ofMillis(21), Duration.ofMinutes(7));
        // Backends differ in when a fixed window ends while the wall clock is set back.
        this.hasFixedWindows = seed % 2 == 0;
        this.tiers = List.of(tier(), tier(), tier());
    }

    /** The monotonic clock begins anywhere, half of the time just before it wraps. */
    ManualTime time() {
        long origin = random.nextBoolean() ? random.nextLong() : Long.MAX_VALUE - random.nextInt(1_000_000_000);
        return new ManualTime(ManualTime.DEFAULT_START, origin);
    }

    Caller caller() {
        return Caller.of(oneOf(List.of("acme", "umbrella")), oneOf(tiers));
    }

    String endpoint() {
        return oneOf(List.of("chat", "embed", "rerank"));
    }

    Usage usage() {
        Usage usage = random.nextBoolean() ? Usage.call() : Usage.of(Unit.CALLS, random.nextInt(4));
        return random.nextBoolean() ? usage : usage.and(Unit.TOKENS, random.nextInt(4));
    }

    /** What is used or settled: up to an amount of one unit, or of both. */
    Usage amounts(int most) {
        Usage usage = Usage.of(unit(), random.nextInt(most + 1));
        return random.nextInt(3) > 0 ? usage : usage.and(unit(), random.nextInt(most + 1));
    }

    /** Lets some time pass, or steps the wall clock. */
    void pass(ManualTime time, Decision decision) {
        switch (random.nextInt(30)) {
            case 0 -> time.advance(tick.multipliedBy(random.nextInt(20)));
            case 1 -> time.advance(Duration.ofMillis(random.nextInt(20)));
            case 2 -> time.advance(Duration.ofMillis(random.nextInt(20_000)));
            case 3 -> time.advance(retryAfter(decision));
            case 4 -> time.advance(retryAfter(decision).minus(tick));
            case 5 -> time.advance(Duration.ofMinutes(random.nextInt(1_000)));
            case 6 -> stepWall(time);
            default -> {}
        }
    }

    private void stepWall(ManualTime time) {
        if (!hasFixedWindows) {
            // Backends differ in how they take a wall clock that is off by more than an hour.
            int minutes = random.nextInt(-30, 30);
            time.stepWall(Duration.ofMinutes(minutes - minutesOff));
            minutesOff = minutes;
            // Within a second after that, limiters may differ in the period that they admit a call into.
            time.advance(Duration.ofSeconds(1));
        }
    }

    private Duration retryAfter(Decision decision) {
        return decision instanceof Rejected rejected ? rejected.retryAfter().orElse(tick) : tick;
    }

    private Tier tier() {
        Tier.Builder tier = Tier.named("random")
                .account(oneOf(List.of("trial", "production")))
                .table(shadowNowAndThen(
                        LimitTable.named("rates").each(rateLimit(), "chat").eachOtherEndpoint(rateLimit())))
                .table(shadowNowAndThen(LimitTable.named("groups")
                        .together("chat and embed", limit(), "chat", "embed")
                        .otherEndpointsTogether("remaining", limit())))
                .table(shadowNowAndThen(
                        LimitTable.named("quotas").unlimited("embed").eachOtherEndpoint(quota())));
        addNowAndThen(tier, LimitTable.named("buckets").each(bucket(), "chat").eachOtherEndpoint(bucket()));
        addNowAndThen(tier, LimitTable.named("in flight").otherEndpointsTogether("all", inFlight()));
        addNowAndThen(tier, LimitTable.named("largest").eachOtherEndpoint(perCall()));
        return tier.build();
    }

    private void addNowAndThen(Tier.Builder tier, LimitTable table) {
        if (random.nextBoolean()) {
            tier.table(shadowNowAndThen(table));
        }
    }

    private LimitTable shadowNowAndThen(LimitTable table) {
        return random.nextInt(4) == 0 ? table.asShadow() : table;
    }

    private Limit limit() {
        return oneOf(List.of(rateLimit(), quota(), bucket(), inFlight(), perCall()));
    }

    private TokenBucket bucket() {
        return new TokenBucket(unit(), random.nextInt(8), oneOf(flows), random.nextInt(12));
    }

    private ConcurrencyLimit inFlight() {
        return new ConcurrencyLimit(unit(), random.nextInt(10), oneOf(windows));
    }

    private PerCallLimit perCall() {
        return new PerCallLimit(unit(), 1 + random.nextInt(8));
    }

    private RateLimit rateLimit() {
        return new RateLimit(unit(), random.nextInt(8), oneOf(windows), oneOf(List.of(Precision.values())));
    }

    private Quota quota() {
        QuotaPeriod period = oneOf(hasFixedWindows && random.nextBoolean() ? FIXED : PERIODS);
        return new Quota(unit(), random.nextInt(40), period, oneOf(List.of(Overrun.values())));
    }

    private Unit unit() {
        return oneOf(List.of(Unit.CALLS, Unit.TOKENS));
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
