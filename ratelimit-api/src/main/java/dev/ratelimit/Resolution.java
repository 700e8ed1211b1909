package dev.ratelimit;

/**
 * What a directory of keys answers: the {@link Caller} that a key stands for, or {@link Rejected} with the reason.
 *
 * <p>A limiter takes it as it is, so that one line asks both questions and one place answers a refusal:
 *
 * <pre>{@code
 * if (limiter.tryAcquire(keys.resolve(key), "chat") instanceof Rejected no) {
 *   return new Response(no.suggestedStatus(), no.message()); // 401, 402 or 429
 * }
 * }</pre>
 */
public sealed interface Resolution permits Caller, Rejected {}
