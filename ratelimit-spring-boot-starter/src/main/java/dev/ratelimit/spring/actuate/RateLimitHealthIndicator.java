package dev.ratelimit.spring.actuate;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/**
 * The health of the limits for Boot 3.
 *
 * @param store tells of the store
 */
record RateLimitHealthIndicator(StoreHealth store) implements HealthIndicator {

    @Override
    public Health health() {
        Health.Builder health = store.isServing() ? Health.up() : Health.outOfService();
        return health.withDetails(store.details()).build();
    }
}
