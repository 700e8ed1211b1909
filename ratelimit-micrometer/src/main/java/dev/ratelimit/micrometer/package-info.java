/**
 * The metrics of a rate limiter, for Micrometer.
 *
 * <pre>
 *                    ┌──► ObservedRoundTrips ──► ObservationRegistry
 *   decisions ──► RateLimitMetrics ──► TierCounters ──► Counters ──► MeterRegistry
 *                        │  └──► ScopeNames                ▲             ▲
 *   refused keys ──► CountingDirectory ────────────────────┘             │
 *   InMemoryRateLimiter.stats() ──► InMemoryLimiterMetrics ──────────────┤
 *   RedisRateLimiter.stats() ──► RedisLimiterMetrics ────────────────────┘
 * </pre>
 *
 * <p>Names of organizations, of members, of keys, and of endpoints that no tier names are in no metric.
 */
@NullMarked
package dev.ratelimit.micrometer;

import org.jspecify.annotations.NullMarked;
