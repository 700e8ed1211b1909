package dev.ratelimit.bench;

import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import java.util.List;

/**
 * How a limiter is hammered.
 *
 * @param name what it is about, for tables
 * @param limits the limits that every call falls under, for each key alone
 * @param keys among which each call picks one
 * @param mostUnits the units of a call are from 1 to this
 * @param crowd how many times the threads that were asked for
 * @param reserving whether calls are settled, some calls later, for less and for more
 * @param resting whether threads rest when they were refused, for up to two windows, so that keys become idle and are
 *     dropped
 */
record Scenario(
        String name, List<RateLimit> limits, int keys, long mostUnits, int crowd, boolean reserving, boolean resting) {

    static Scenario plain(String name, long amount, Duration window) {
        return new Scenario(name, List.of(RateLimit.of(Unit.TOKENS, amount, window)), 1, 1, 1, false, false);
    }

    private Scenario exactly() {
        List<RateLimit> exact = limits.stream()
                .map(limit -> limit.withPrecision(Precision.EXACT))
                .toList();
        return new Scenario(name, exact, keys, mostUnits, crowd, reserving, resting);
    }

    private Scenario and(long amount, Duration window) {
        List<RateLimit> both = List.of(limits.get(0), RateLimit.of(Unit.TOKENS, amount, window));
        return new Scenario(name, both, keys, mostUnits, crowd, reserving, resting);
    }

    private Scenario keys(int number) {
        return new Scenario(name, limits, number, mostUnits, crowd, reserving, resting);
    }

    private Scenario weights(long most) {
        return new Scenario(name, limits, keys, most, crowd, reserving, resting);
    }

    private Scenario crowd(int factor) {
        return new Scenario(name, limits, keys, mostUnits, factor, reserving, resting);
    }

    private Scenario settled() {
        return new Scenario(name, limits, keys, mostUnits, crowd, true, resting);
    }

    Scenario rested() {
        return new Scenario(name, limits, keys, mostUnits, crowd, reserving, true);
    }

    /** Returns the longest window. */
    Duration window() {
        return limits.stream().map(RateLimit::window).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    List<Terms> terms() {
        return limits.stream().map(Terms::of).toList();
    }

    /**
     * Tells whether the utilization is held to a bound: where windows are so long that what a machine does meanwhile is
     * small beside them, and nothing is given back.
     */
    boolean boundsUtilization() {
        return !reserving && !resting && window().toMillis() >= 100;
    }

    /** Returns the scenarios of the long run. */
    static List<Scenario> all() {
        Duration tiny = Duration.ofNanos(200_000);
        Duration tenth = Duration.ofMillis(100);
        Duration second = Duration.ofSeconds(1);
        return List.of(
                plain("exact", 1, tiny),
                plain("exact", 10, Duration.ofMillis(2)),
                plain("exact", 100, tenth),
                plain("exact", 1_000, second),
                plain("coarse", 2_000, Duration.ofMillis(2)),
                plain("coarse", 10_000, tenth),
                plain("coarse", 100_000, second),
                plain("exact, many marks", 20_000, tenth).exactly(),
                plain("crowded", 500, tenth).crowd(8),
                plain("weights", 1_000, tenth).weights(20),
                plain("weights, coarse", 50_000, tenth).weights(100),
                plain("keys", 200, tenth).keys(16),
                plain("two limits", 50, Duration.ofMillis(20)).and(200, tenth),
                plain("settled", 30, Duration.ofMillis(1)).weights(5).settled(),
                plain("settled, coarse", 5_000, Duration.ofMillis(20))
                        .weights(20)
                        .settled(),
                plain("settled, keys", 100, Duration.ofMillis(10))
                        .weights(10)
                        .keys(8)
                        .settled(),
                plain("dropped", 3, tiny).keys(4).rested(),
                plain("dropped, settled", 30, Duration.ofMillis(1))
                        .weights(5)
                        .keys(4)
                        .settled()
                        .rested());
    }
}
