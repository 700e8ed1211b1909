package dev.ratelimit.core;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import java.time.Duration;
import java.util.Optional;

/** The code that the guide shows of a host, compiled. */
final class GuideSamples {

    // sample: docs/guide/tiers-and-limits.md
    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute")
                    .each(RateLimit.perMinute(5), "embed")
                    .each(RateLimit.perMinute(20), "chat"))
            .table(LimitTable.named("calls per month")
                    .unlimited("embed", "chat")
                    .otherEndpointsTogether("all other endpoints", Quota.perMonth(1_000)))
            .build();

    final RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();

    Response chat(String organization, String prompt) {
        if (limiter.tryAcquire(organization, "chat") instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        return answer(prompt);
    }
    // end of sample

    // sample: docs/guide/reservations.md
    final RateLimiter limitedAccess =
            InMemoryRateLimiter.builder().tier(LimitedAccessEdition.limited()).build();

    Response generate(String organization, String prompt) {
        Reservation reservation = limitedAccess.reserve(organization, "generate", Usage.characters(prompt));
        if (reservation.decision() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        Usage used = Usage.characters(prompt);
        reservation.use(used); // the prompt uses up the estimate
        StringBuilder output = new StringBuilder();
        try {
            for (String piece : model.generate(prompt)) {
                output.append(piece);
                used = used.andCharacters(piece);
                if (reservation.use(Usage.characters(piece)) instanceof Rejected) {
                    break; // the quota ran out in the middle
                }
            }
        } finally {
            reservation.settle(used); // the last piece is written too
        }
        return new Response(200, output.toString());
    }
    // end of sample

    // sample: docs/guide/api-keys.md
    final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(FaqEdition.trial())
            .production(FaqEdition.production())
            .build();
    final RateLimiter byKeys = InMemoryRateLimiter.builder().build(); // needs no tier: each key brings its own

    String newTrialKey(String organization) {
        String key = KeyDirectory.newKey("trial_");
        keys.register(KeyDigest.of(key), organization, KeyKind.TRIAL);
        return key; // for the customer: only its digest is kept
    }

    Response chatByKey(String key, String prompt) {
        if (byKeys.tryAcquire(keys.resolve(key), "chat") instanceof Rejected no) {
            return new Response(no.suggestedStatus(), no.message()); // 401, 402 or 429
        }
        return answer(prompt);
    }
    // end of sample

    /** Writes in pieces. */
    @FunctionalInterface
    interface Model {
        Iterable<String> generate(String prompt);
    }

    private final Model model;

    GuideSamples(Model model) {
        this.model = model;
    }

    /** What a web framework brings. */
    record Response(int status, String text) {}

    private static Response tooManyRequests(String message, Optional<Duration> retryAfter) {
        return new Response(429, message + retryAfter);
    }

    private static Response answer(String prompt) {
        return new Response(200, prompt);
    }
}
