package dev.ratelimit.bench;

import dev.ratelimit.RateLimit;
import java.util.List;
import java.util.stream.Stream;

/**
 * The limits of a call, by what they count.
 *
 * @param name for people
 * @param ofEndpoint those that count the calls of the endpoint
 * @param ofGroup those that count the calls of a group of endpoints that it belongs to
 */
record Scopes(String name, List<RateLimit> ofEndpoint, List<RateLimit> ofGroup) {

    Stream<RateLimit> all() {
        return Stream.concat(ofEndpoint.stream(), ofGroup.stream());
    }
}
