package dev.ratelimit.bench;

import dev.ratelimit.Limit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * The limits of a call, by what they count.
 *
 * @param name for people
 * @param scopes limits that count the same units of the same calls: first those of the endpoint, then those of groups
 *     that it belongs to
 */
record Scopes(String name, List<List<Limit>> scopes) {

    private static final Duration MONTH = Duration.ofDays(30);
    private static final long CHARACTERS = 100;

    Stream<Limit> all() {
        return scopes.stream().flatMap(List::stream);
    }

    /** Returns what a call uses. */
    Usage usage() {
        return all().anyMatch(limit -> limit.unit().equals(Unit.CHARACTERS))
                ? Usage.call().and(Unit.CHARACTERS, CHARACTERS)
                : Usage.call();
    }

    /** Returns the time in which a limiter that knows no calendar allows an amount. */
    static Duration span(Limit limit) {
        return limit instanceof RateLimit rate ? rate.window() : MONTH;
    }
}
