/**
 * What tests of rate limiting need: time moved by hand, a limiter that is obviously right, and the contract that every
 * {@link dev.ratelimit.RateLimiter} must pass.
 */
@NullMarked
package dev.ratelimit.testkit;

import org.jspecify.annotations.NullMarked;
