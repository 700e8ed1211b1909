/**
 * What a decision looks like in HTTP, without any framework: fields, bodies, and what a client makes of a vendor's
 * answers.
 *
 * <pre>
 *   Decision ──► RateLimitFields ──► ToldLimits ──► IetfFields ──► Policies ──► PolicyName
 *      │          (Dialect, RetryAfter)    │        VendorFields
 *      │                                   ▼
 *      └───────► HttpProblems ──► HttpProblem ──► JsonText
 *   LimitStatus ──► UsageJson ──────────────────────┘
 *
 *   KeyField ──► the key that a request brings
 *
 *   OutgoingLimiter ──► StatedWait (what a vendor's answer says) ──► Holds (until when a call waits)
 *      └─ AsyncOutgoingLimiter
 * </pre>
 *
 * <p>All that is written is bounded and printable, whatever names a tier or a caller has. The classes of this package
 * are safe for use by many threads.
 */
@NullMarked
package dev.ratelimit.http;

import org.jspecify.annotations.NullMarked;
