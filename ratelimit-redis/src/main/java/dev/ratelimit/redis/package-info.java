/**
 * The rate limiter that keeps its counts in a shared Redis or Valkey.
 *
 * <pre>
 *   RedisRateLimiter ──► ScriptClient ── Request ──► ScriptExecutor ── EVALSHA ──► Script
 *          │               ▲  │                          │ ▲
 *          ▼               │  └───► Settlements ─────────┘ └── Connector
 *    OutagePolicy   RedisReservation                     │
 *          │                                             ▼
 *          ▼                                      CircuitBreakers
 *       Fallback
 * </pre>
 *
 * <p>An {@code EncodedLimit} is a limit as the script wants it: the names of its keys by {@code RedisKeys}, its span
 * and its headroom. {@code ScriptClient} asks the script and decodes its replies. {@code ScriptExecutor} sends a
 * request, and ends it in time when Redis does not answer. A {@code Failure} says what follows from an error. {@code
 * OutagePolicy} decides while Redis is away. {@code Settlements} sends again what must arrive. {@code Connector} owns
 * the connection.
 */
@NullMarked
package dev.ratelimit.redis;

import org.jspecify.annotations.NullMarked;
