/**
 * The in-memory rate limiter.
 *
 * <pre>
 *   InMemoryRateLimiter ── by name ──► OrganizationState ── by key ──► Meter: SlidingWindow | PeriodCounter
 *          │                                                             ▲
 *          │ by tier                                                     │
 *          ▼                                                             │
 *     CompiledTier ── by endpoint ──► CompiledLimit[] ── key ────────────┘
 * </pre>
 *
 * <p>A {@code CompiledTier} holds the limits of each endpoint in the order of charging. Each limit has the key of its
 * meter. All organizations on a tier share one. An {@code OrganizationState} owns the meters of an organization by
 * key. So they outlast a change of tier. The {@code Decider} takes the limits from the compiled tier, and the meters
 * from the state.
 */
@NullMarked
package dev.ratelimit.core;

import org.jspecify.annotations.NullMarked;
