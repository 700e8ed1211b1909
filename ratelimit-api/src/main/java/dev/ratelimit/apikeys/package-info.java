/**
 * API keys: who calls, under which tier, or why the key is refused.
 *
 * <pre>
 *   key, as a request brings it
 *     │ SHA-256, at once
 *     ▼
 *   KeyDigest ── KeyDirectory ──► Resolution ─┬─ Caller (organization, Tier) ─► RateLimiter ─► Decision
 *                     ▲                       │
 *   register, revoke, │                       └─ Rejected (KeyRevoked | KeyUnknown)
 *   change of kind  ──┘
 * </pre>
 *
 * <p>A key is for an organization and of a {@link dev.ratelimit.apikeys.KeyKind}. The kind decides the tier, the tier
 * names the account: all keys of one kind of an organization add up, trial and production keys each on their own.
 *
 * <pre>{@code
 * InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
 *     .trial(FaqEdition.trial())
 *     .production(FaqEdition.production())
 *     .build();
 *
 * String key = KeyDirectory.newKey("trial_"); // to be shown to the customer, once
 * keys.register(KeyDigest.of(key), "acme", KeyKind.TRIAL);
 *
 * if (limiter.tryAcquire(keys.resolve(key), "chat") instanceof Rejected no) {
 *   return new Response(no.suggestedStatus(), no.message()); // 401, 402 or 429
 * }
 * }</pre>
 *
 * <p>No object of this package keeps a key, and no text of it holds one or a part of one: beyond the first method that
 * is given a key there is only its digest. A digest tells nothing about a key that was made at random, which is the
 * only kind of key that this package is for: a password needs a salt and a slow function.
 *
 * <p>Methods throw {@link NullPointerException} for a {@code null} argument, but for the key of a call: a call without
 * a key is refused as one with an unknown key.
 */
@NullMarked
package dev.ratelimit.apikeys;

import org.jspecify.annotations.NullMarked;
