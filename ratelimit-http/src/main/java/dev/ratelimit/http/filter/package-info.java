/**
 * What the filters of all frameworks have in common: who calls, which endpoint, what a call may use, and how it ends.
 * It is for those who write a filter; {@code ratelimit-servlet} and the starter for Spring Boot have one each.
 *
 * <pre>
 *   FilterBuilder ──► CallRules ── EndpointPatterns ──► which endpoint?
 *   (settings)           │      ── RequestReader ─────► what the framework's request says
 *                        ▼
 *                    LimitedCall: the reservation that the handler gets, ended by CallRules.end
 * </pre>
 *
 * <p>A filter asks {@link dev.ratelimit.http.filter.CallRules} one question after the other, decides the call by the
 * limiter, and writes the answer in the way of its framework.
 */
@NullMarked
package dev.ratelimit.http.filter;

import org.jspecify.annotations.NullMarked;
