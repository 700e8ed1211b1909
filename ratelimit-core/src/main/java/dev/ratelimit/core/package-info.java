/**
 * The in-memory rate limiter.
 *
 * <pre>
 *   InMemoryRateLimiter ── by name ──► Organization ── by key ──► Meter: SlidingWindow | PeriodCounter
 *          │
 *          │ by tier                                                ▲
 *          ▼                                                        │
 *        Plan ── endpoint ──► Rule[] ── key ────────────────────────┘
 * </pre>
 *
 * <p>A {@code Plan} is a tier made ready: for every endpoint the rules that apply, each with the key of its meter. An organization owns
 * its meters by key, so that they outlast a change of tier. A decision, which the {@code Decider} makes, takes the rules from the plan,
 * which all organizations of a tier share, and the meters from the organization.
 */
@NullMarked
package dev.ratelimit.core;

import org.jspecify.annotations.NullMarked;
