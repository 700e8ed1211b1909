package dev.ratelimit.redis;

import static java.util.Comparator.comparingLong;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingLong;

import java.util.ArrayList;
import java.util.List;

/**
 * What was admitted at most, counted from outside, as the calls show it that were admitted to an endpoint: by what the
 * limit promises, not by how it is kept.
 */
final class Promises {

    private static final long MICROS = Endpoint.WINDOW.toNanos() / 1_000;

    private record Change(long time, long units) {}

    private final Endpoint endpoint;
    private final List<Charge> charges;

    Promises(Endpoint endpoint, List<Charge> all) {
        this.endpoint = endpoint;
        this.charges = all.stream()
                .filter(charge -> charge.endpoint() == endpoint)
                .sorted(comparingLong(Charge::time))
                .toList();
    }

    /** Returns the units that were admitted in all. */
    long admitted() {
        return charges.size() * endpoint.unitsOfACall;
    }

    /** Returns the most units that were in flight at one time. */
    long mostInFlight() {
        List<Change> changes = new ArrayList<>();
        for (Charge charge : charges) {
            changes.add(new Change(charge.time(), endpoint.unitsOfACall));
            changes.add(new Change(charge.stamp(), -endpoint.unitsOfACall));
        }
        changes.sort(comparingLong(Change::time).thenComparingLong(Change::units));
        long now = 0;
        long most = 0;
        for (Change change : changes) {
            now += change.units;
            most = Math.max(most, now);
        }
        return most;
    }

    /** Returns the most units of any window that begins at a multiple of its length. */
    long mostInAFixedWindow() {
        return charges.stream()
                .collect(groupingBy(charge -> charge.time() / MICROS, summingLong(charge -> endpoint.unitsOfACall)))
                .values()
                .stream()
                .max(Long::compare)
                .orElse(0L);
    }

    /**
     * Returns by how much the units of any span exceed what flows back in it, times the microseconds of a window: for
     * all pairs of a first call and a last one.
     */
    long mostOverTheFlow() {
        long most = 0;
        for (int last = 0; last < charges.size(); last++) {
            for (int first = last; first >= 0; first--) {
                long units = (last - first + 1) * endpoint.unitsOfACall;
                long elapsed = charges.get(last).time() - charges.get(first).time();
                most = Math.max(most, units * MICROS - Endpoint.FLOW * elapsed);
            }
        }
        return most;
    }
}
