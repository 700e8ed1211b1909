/**
 * The rate limiter that keeps its counts in a shared Redis or Valkey.
 *
 * <pre>
 *   RedisRateLimiter ──► Meters ── Request ──► Link ── EVALSHA ──► Script: usual, tree, window, quota, decide
 *          │               ▲                    │
 *          ▼               │                    ▼
 *         Away      RedisReservation         Circuits
 * </pre>
 *
 * <p>A {@code Rule} is a limit as the script wants it: its keys by {@code Keys}, its span and its room. {@code Meters} asks the script and
 * reads its answers, {@code Link} sends, and says in time when Redis does not answer; {@code Away} then decides as the host chose.
 */
@NullMarked
package dev.ratelimit.redis;

import org.jspecify.annotations.NullMarked;
