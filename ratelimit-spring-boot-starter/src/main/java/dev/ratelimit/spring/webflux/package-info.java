/**
 * Limits the calls of WebFlux: a filter that asks, answers and settles without a thread that waits.
 *
 * <pre>
 *   request ──► RateLimitWebFilter ── CallRules ────────────► which endpoint, who calls, what does it use?
 *                   │             ── AsyncRateLimiter.reserve ─► may it go on?
 *                   ▼
 *               the handler, which finds its reservation by ReactiveRateLimits
 *                   │
 *                   ▼
 *               the end, be it complete, an error, or a client that has left: an open reservation is settled
 * </pre>
 */
@NullMarked
package dev.ratelimit.spring.webflux;

import org.jspecify.annotations.NullMarked;
