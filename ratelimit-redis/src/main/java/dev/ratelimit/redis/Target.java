package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import java.util.List;

/**
 * What a call is decided by.
 *
 * @param caller who calls
 * @param name the endpoint as the directory of the organization lists it
 * @param rules the limits that are asked
 * @param mostNames how many names the directory may hold for the limits to count this endpoint by itself; negative if any number
 */
record Target(Caller caller, String name, List<Rule> rules, int mostNames) {

    static final int ANY_NUMBER = -1;

    /** Returns the limits with the meters that endpoints share of which there are too many. */
    Target shared() {
        return new Target(caller, Keys.SHARED, rules.stream().map(Rule::shared).toList(), ANY_NUMBER);
    }

    /** Returns some of the limits, with the meters that they have. */
    Target only(List<Rule> some) {
        return new Target(caller, name, some, ANY_NUMBER);
    }
}
