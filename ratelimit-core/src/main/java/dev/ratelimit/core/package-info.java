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
 * <p>A {@code CompiledTier} holds the limits of every endpoint in the order of charging, each with the key of its
 * meter. All organizations of a tier share one. An organization owns its meters by key, so that they outlast a change
 * of tier. The {@code Decider} takes the limits from the compiled tier and the meters from the organization.
 */
@NullMarked
package dev.ratelimit.core;

import org.jspecify.annotations.NullMarked;
