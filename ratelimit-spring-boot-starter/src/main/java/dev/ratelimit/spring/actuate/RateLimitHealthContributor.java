package dev.ratelimit.spring.actuate;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * The health of the limits for Boot 4, which has moved the types.
 *
 * @param store tells of the store
 */
record RateLimitHealthContributor(StoreHealth store) implements HealthIndicator {

    @Override
    public Health health() {
        Health.Builder health = store.isServing() ? Health.up() : Health.outOfService();
        return health.withDetails(store.details()).build();
    }
}
