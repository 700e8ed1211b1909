package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import java.util.List;

/**
 * What a call is decided by.
 *
 * @param caller who calls
 * @param list which list of the organization's has the endpoint: {@link RedisKeys#UNLISTED} or {@link RedisKeys#NAMED}
 * @param name the endpoint as that list has it
 * @param limits the limits that are asked
 * @param mostNames how many names the list may hold for the limits to count this endpoint alone; negative if any
 *     number
 */
record LimitSet(Caller caller, String list, String name, List<EncodedLimit> limits, int mostNames) {

    static final int ANY_NUMBER = -1;

    /** A set without an endpoint and without limits. */
    static LimitSet nothing(Caller caller) {
        return new LimitSet(caller, RedisKeys.UNLISTED, "", List.of(), ANY_NUMBER);
    }

    /** Returns the limits with the meters that endpoints beyond the bound share, those of each row. */
    LimitSet overflow() {
        List<EncodedLimit> overflow =
                limits.stream().map(EncodedLimit::overflow).toList();
        return new LimitSet(caller, list, RedisKeys.OVERFLOW, overflow, ANY_NUMBER);
    }

    /** Returns some of the limits, with the meters that they have. */
    LimitSet only(List<EncodedLimit> some) {
        return new LimitSet(caller, list, name, some, ANY_NUMBER);
    }

    /** Returns some of the limits, of which it is still open which meters they have. */
    LimitSet slice(int from, int to) {
        return new LimitSet(caller, list, name, limits.subList(from, to), mostNames);
    }
}
