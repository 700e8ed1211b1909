/**
 * A page on which callers see their own limits: static HTML that asks for JSON with the key of whoever looks at it.
 *
 * <pre>
 *   GET /ratelimits ............... page.html, page.css, page.js
 *   GET /ratelimits/usage ......... UsagePage ── CallerResolver ─► whose limits?  nobody: 401 or 429
 *                                             └─ AsyncRateLimiter.status ─► UsageJson
 * </pre>
 */
@NullMarked
package dev.ratelimit.spring.page;

import org.jspecify.annotations.NullMarked;
