package dev.ratelimit.redis;

import java.time.Duration;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.function.ToLongFunction;

/** All windows of an endpoint, as the calls that were admitted show them. */
final class Windows {

    private static final long MICROS = Endpoint.WINDOW.toNanos() / 1_000;

    private final Endpoint endpoint;
    private final List<Charge> charges;

    Windows(Endpoint endpoint, List<Charge> all) {
        this.endpoint = endpoint;
        this.charges =
                all.stream().filter(charge -> charge.endpoint() == endpoint).toList();
    }

    /** Returns the units that were admitted in all. */
    long admitted() {
        return charges.size() * endpoint.unitsOfACall;
    }

    /** Returns the most units that any window holds, by one of the times of each charge. */
    long fullest(ToLongFunction<Charge> time) {
        long[] times = charges.stream().mapToLong(time).sorted().toArray();
        int most = 0;
        int first = 0;
        for (int last = 0; last < times.length; last++) {
            while (times[last] - times[first] >= MICROS) {
                first++;
            }
            most = Math.max(most, last - first + 1);
        }
        return most * endpoint.unitsOfACall;
    }

    /**
     * Returns what was admitted for each unit that an exact limiter would have admitted to callers that always ask. It
     * would use each unit of the amount again one window after it was used; the time until it is used again, or until a
     * call can be answered no more, is lost.
     */
    double utilization(Duration sinceFirst) {
        long[] times = charges.stream().mapToLong(Charge::time).sorted().toArray();
        int calls = (int) (endpoint.amount / endpoint.unitsOfACall);
        long micros = sinceFirst.toNanos() / 1_000;
        long lost = 0;
        for (int i = 0; i < times.length; i++) {
            long next = i + calls < times.length ? times[i + calls] : times[0] + micros;
            lost += Math.max(0, next - times[i] - MICROS);
        }
        return 1 - (double) lost / calls / micros;
    }

    /** Returns the microseconds for which calls count longer than a window. */
    LongSummaryStatistics delays() {
        return charges.stream()
                .mapToLong(charge -> charge.stamp() - charge.time())
                .summaryStatistics();
    }
}
