/**
 * The in-memory rate limiter.
 *
 * <pre>
 *   InMemoryRateLimiter ── by name ──► Organization ── by key ──► Meter: SlidingWindow | PeriodCounter
 *          │                               │                        ▲
 *          │ by tier                       │ its last few tiers     │ by slot
 *          ▼                               ▼                        │
 *        Plan ── endpoint ──► Rule[]    TierView ───────────────────┘
 * </pre>
 *
 * <p>A {@code Plan} is a tier made ready: for every endpoint the rules that apply, each with the number (slot) of its meter. An
 * organization owns its meters by key, so that they outlast a change of tier; a {@code TierView} is an index over them, one
 * array as the plan numbers it. A decision takes the rules from the plan, which all organizations of a tier share, and the meters
 * from the view.
 */
@NullMarked
package dev.ratelimit.core;

import org.jspecify.annotations.NullMarked;
