/**
 * The limits in the actuator: who stands where, what support does by hand, and whether the store is away.
 *
 * <pre>
 *   /actuator/ratelimits .................. RateLimitsEndpoint ── UsageJson
 *   /actuator/ratelimits/{organization} .........│
 *                                                └─ LimiterSupport: the tools of a backend
 *                                                        │
 *   /actuator/ratelimitquotas ............. RateLimitQuotasEndpoint: the database of quotas
 *
 *   while a store is away: StoreAnswers
 *
 *   /actuator/health ...... RateLimitHealthIndicator ── StoreHealth: of the limiter, and of the database of quotas
 * </pre>
 */
@NullMarked
package dev.ratelimit.spring.actuate;

import org.jspecify.annotations.NullMarked;
