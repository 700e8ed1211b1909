package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The limits of an overview. Of endpoints that share meters since there are too many, it shows none.
 *
 * @param rules first those that the tier's tables name, then those of other endpoints by themselves, by name
 * @param named the former, which are shown used or not
 */
record Overview(List<Rule> rules, Set<AppliedLimit> named) {

    /** Makes it of the names of the endpoints that have used something, escaped. */
    static Overview of(Caller caller, Stream<String> names) {
        List<AppliedLimit> all = new ArrayList<>(caller.tier().limits());
        Set<AppliedLimit> named = new HashSet<>(all);
        Set<String> others = new TreeSet<>();
        names.filter(name -> !name.equals(Keys.SHARED)).map(Keys::unescape).forEach(others::add);
        others.removeAll(caller.tier().namedEndpoints());
        for (String other : others) {
            caller.tier().limitsFor(other).stream()
                    .filter(limit -> limit.scope() instanceof Scope.Endpoint)
                    .forEach(all::add);
        }
        return new Overview(
                all.stream()
                        .map(limit -> new Rule(caller.tier().account(), limit))
                        .toList(),
                named);
    }

    /** Leaves out what other endpoints have not used. */
    List<LimitStatus> relevant(List<LimitStatus> statuses) {
        return statuses.stream()
                .filter(status -> named.contains(status.limit()) || status.used() > 0)
                .toList();
    }
}
