package dev.ratelimit.core;

import java.util.OptionalLong;

/**
 * How much a limiter keeps, and what it has decided.
 *
 * @param organizations whose state is kept
 * @param meters their counters: one for each limit that was asked
 * @param marks the moments, or grains of time, that their windows remember charges by
 * @param estimatedBytes the heap that they take, where names have about 20 characters and the JVM compresses pointers:
 *     within a quarter of what is measured. Endpoints that no table names, which organizations share, are in it until
 *     the garbage collector has run.
 * @param admitted calls and reservations that were admitted since the limiter was built; empty unless
 *     {@linkplain InMemoryRateLimiter.Builder#countDecisions() decisions are counted}
 * @param rejected rejections, also each of a call that waits for its turn and those of more for a reservation; empty
 *     unless decisions are counted
 */
public record LimiterStats(
        long organizations,
        long meters,
        long marks,
        long estimatedBytes,
        OptionalLong admitted,
        OptionalLong rejected) {}
