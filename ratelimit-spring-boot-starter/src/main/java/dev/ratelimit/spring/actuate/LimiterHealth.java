package dev.ratelimit.spring.actuate;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Whether the limits are decided as they should be. It asks the circuit breaker of the limiter, never the store.
 *
 * @param openCircuits counts the nodes of the store that are away; always 0 in memory
 * @param backend where the counts are
 * @param outage what is done with calls while the store is away
 * @param refusesInOutage whether calls are refused then
 */
record LimiterHealth(LongSupplier openCircuits, String backend, String outage, boolean refusesInOutage)
        implements StoreHealth {

    @Override
    public boolean isServing() {
        return !refusesInOutage || openCircuits.getAsLong() == 0;
    }

    @Override
    public Map<String, Object> details() {
        long away = openCircuits.getAsLong();
        return away == 0 ? Map.of("backend", backend) : Map.of("backend", backend, "nodesAway", away, "outage", outage);
    }
}
