package dev.ratelimit.bench;

import dev.ratelimit.spi.CoarseTimeSource;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The limiters by the names that the parameter {@code limiter} of the benchmarks takes. This library, by windows and by
 * token buckets, and RateLimitJ have keys; a limiter of any other kind stands in a {@link
 * java.util.concurrent.ConcurrentHashMap} of (organization, endpoint) records, where it was put beforehand.
 *
 * <p>Read the times of some with care. Bucket4j reads the clock of milliseconds, its default, where others read that of
 * nanoseconds. An entry of Sentinel also keeps statistics; RateLimitJ takes a lock for the key; SmallRye's guard runs
 * an action, and refuses by an exception. Guava and Sentinel know permits per second only: another window becomes a
 * rate.
 */
final class Limiters {

    private static final Map<String, String> LABELS = Map.of(
            "nothing", "no limiter",
            "ratelimit", "this library",
            "ratelimit-bucket", "this library, token bucket",
            "bucket4j", "Bucket4j",
            "resilience4j", "Resilience4j",
            "guava", "Guava",
            "failsafe", "Failsafe",
            "sentinel", "Sentinel",
            "ratelimitj", "RateLimitJ",
            "smallrye", "SmallRye");

    private Limiters() {}

    /** Returns what a limiter is called in tables and pictures: what it calls itself. */
    static String label(String limiter) {
        return LABELS.getOrDefault(limiter, limiter);
    }

    /**
     * Returns a limiter that admits an amount of calls per window to each of some organizations at
     * {@link Keyed#ENDPOINT}.
     */
    static Keyed of(String limiter, List<String> organizations, int amount, Duration window) {
        return switch (limiter) {
            case "ratelimit" -> RatelimitRival.keyed(amount, window);
            case "ratelimit-bucket" -> RatelimitRival.keyedBuckets(amount, window);
            case "ratelimitj" -> RatelimitjRival.keyed(amount, window);
            case "bucket4j" -> mapped(organizations, () -> Bucket4jRival.of(amount, window));
            case "resilience4j" -> mapped(organizations, () -> Resilience4jRival.of(amount, window));
            case "guava" -> mapped(organizations, () -> GuavaRival.of(amount, window));
            case "failsafe" -> mapped(organizations, () -> FailsafeRival.of(amount, window));
            case "smallrye" -> mapped(organizations, () -> SmallRyeRival.of(amount, window));
            case "sentinel" ->
                MappedRivals.of(organizations, SentinelRival.several(organizations.size(), amount, window));
            default -> throw new IllegalArgumentException("limiter must be a known name: limiter=" + limiter);
        };
    }

    /**
     * Returns a limiter of calls per minute, per day and per month: of the calendar for this library, of 30 days for
     * others. Only this library shares the month among the endpoints of a group; to the others each endpoint is a key
     * with three limits of its own.
     */
    static Keyed ofThreeLimits(String limiter, List<String> organizations, int amount) {
        return switch (limiter) {
            case "ratelimit" -> RatelimitRival.threeLimits(amount)::tryAcquire;
            case "ratelimitj" -> RatelimitjRival.keyedThreeLimits(amount);
            case "bucket4j" -> mapped(organizations, () -> Bucket4jRival.ofThreeLimits(amount));
            default -> throw new IllegalArgumentException("limiter must know three limits: limiter=" + limiter);
        };
    }

    /** Returns what asks a limiter of one key for a call, without looking the key up where that can be. */
    static BooleanSupplier bound(String limiter, int amount, Duration window) {
        return switch (limiter) {
            case "ratelimit" -> RatelimitRival.bound(amount, window, TimeSource.system());
            case "ratelimit-coarse-time" ->
                RatelimitRival.bound(amount, window, new CoarseTimeSource(Duration.ofMillis(2)));
            case "ratelimitj" -> RatelimitjRival.of(amount, window)::tryAcquire;
            case "bucket4j" -> Bucket4jRival.of(amount, window)::tryAcquire;
            case "resilience4j" -> Resilience4jRival.of(amount, window)::tryAcquire;
            case "guava" -> GuavaRival.of(amount, window)::tryAcquire;
            case "failsafe" -> FailsafeRival.of(amount, window)::tryAcquire;
            case "smallrye" -> SmallRyeRival.of(amount, window)::tryAcquire;
            case "sentinel" -> SentinelRival.of(amount, window)::tryAcquire;
            default -> throw new IllegalArgumentException("limiter must be a known name: limiter=" + limiter);
        };
    }

    private static Keyed mapped(List<String> organizations, Supplier<Rival> rivals) {
        return MappedRivals.of(
                organizations,
                Stream.generate(rivals).limit(organizations.size()).toList());
    }
}
