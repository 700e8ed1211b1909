/**
 * The words of the library: what is limited, what is counted, and what a limiter answers.
 *
 * <pre>
 *   Tier ── a named set of ──► LimitTable ── rows of (endpoints, Limit)
 *     │                                              │
 *     │ limitsFor(endpoint)                          ├─ RateLimit         in any window of elapsed time
 *     ▼                                              ├─ Quota             in a period, or for ever
 *   AppliedLimit (table, scope, limit)               ├─ TokenBucket       a rate with a burst
 *     ▲                                              ├─ ConcurrencyLimit  in flight
 *     │                                              └─ PerCallLimit      in one call
 *     │ one meter each, per organization and account
 *   RateLimiter.tryAcquire(organization, endpoint, Usage) ──► Decision: Admitted | Rejected (Cause, retryAfter)
 *   RateLimiter.reserve(organization, endpoint, estimate) ──► Reservation: decision, use(piece), settle | cancel
 *                          ▲
 *                          └─ or who a key stands for: Resolution: Caller (organization, Tier) | Rejected
 * </pre>
 *
 * <p>A <em>window</em> is elapsed time and is measured on the monotonic clock; a <em>period</em> is calendar time in a
 * time zone. The two are never mixed. The values of this package are immutable and safe for use by many threads; a
 * builder is not, and a {@link dev.ratelimit.RateLimiter} is as its implementation says.
 *
 * <p>Amounts are whole units between 0 and 2<sup>53</sup>. Arguments out of their range are refused at construction
 * with an {@link IllegalArgumentException} that states the rule and the value, {@code null} with a
 * {@link NullPointerException} that names the parameter.
 *
 * <p>A text is <em>printable</em>: what {@code toString()} and {@code message()} of this library return, and what its
 * exceptions say, may be shown to a person and written to a log. Names come from callers, so each control or format
 * character, line or paragraph separator and lone surrogate of a name stands as U+FFFD in a text, or as its number in
 * the exact text of a limit. A name takes at most 256 characters of a text, and a text has at most 4,096; what is cut
 * ends with an ellipsis. The names themselves are never changed, and values are equal by them.
 */
@NullMarked
package dev.ratelimit;

import org.jspecify.annotations.NullMarked;
