/**
 * A filter of Jakarta Servlet 6 that decides the calls of a web service, tells clients where they stand, and settles
 * what each call has used.
 *
 * <pre>
 *   request ──► RateLimitFilter ── EndpointPatterns ──► which endpoint?   none: the call passes
 *                   │           ── keys, or a function ─► who calls?      refused: 401
 *                   │           ── RateLimiter.reserve ─► may it go on?   refused: 402, 404, 413, 429, 503
 *                   ▼
 *               the handler, which finds its LimitedCall by RateLimits.reservation(request)
 *                   │
 *                   ▼
 *               the end of the request (EndOfAsyncCall): an open LimitedCall is settled
 * </pre>
 */
@NullMarked
package dev.ratelimit.servlet;

import org.jspecify.annotations.NullMarked;
