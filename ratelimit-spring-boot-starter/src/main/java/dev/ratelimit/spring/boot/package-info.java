/**
 * The auto-configuration of limits: what the properties of {@code ratelimit} make of an application.
 *
 * <pre>
 *   RateLimitProperties ─┬─► Tiers ─────────┐
 *                        └─► KeyDirectory ──┼─► CallerResolver ─► filter of requests ◄─ RequestProperties
 *   BackendProperties ─────► RateLimiter ───┘
 * </pre>
 *
 * <p>Every bean is named {@code ratelimit..} and gives way to one of the application's of the same type.
 */
@NullMarked
package dev.ratelimit.spring.boot;

import org.jspecify.annotations.NullMarked;
