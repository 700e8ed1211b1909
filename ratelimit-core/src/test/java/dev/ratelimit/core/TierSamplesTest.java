package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.tiers.GoingLiveEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The samples of the documented tiers do what they say. */
class TierSamplesTest {

    private static final String REFUSED = "refused";

    private static String tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message).startsWith("Exceeded the limit of ");
        assertThat(retryAfter).isEmpty();
        return REFUSED;
    }

    @Test
    void aMonthIsReadAsTheHostSays() {
        // sample: dev/ratelimit/tiers/package-info.java
        Tier inUtc = GoingLiveEdition.trial();
        Tier inTokyo = GoingLiveEdition.trial(n -> Quota.of(Unit.CALLS, n, QuotaPeriod.month(ZoneId.of("Asia/Tokyo"))));
        Tier rolling = GoingLiveEdition.trial(n -> RateLimit.of(Unit.CALLS, n, Duration.ofDays(30)));
        // end of sample
        assertThat(inUtc.limitsFor("chat")).last().asString().startsWith("5,000 calls per calendar month for");
        assertThat(inTokyo.limitsFor("chat"))
                .last()
                .asString()
                .startsWith("5,000 calls per calendar month in Asia/Tokyo for");
        assertThat(rolling.limitsFor("chat")).last().asString().startsWith("5,000 calls per 30 days for");
    }

    /** Writes, or fails. */
    @FunctionalInterface
    interface Writer {
        String generate(String prompt);
    }

    private static String generate(RateLimiter limiter, Writer model, String organization, String prompt) {
        // sample: dev/ratelimit/tiers/LimitedAccessEdition.java
        Reservation reservation = limiter.reserve(organization, "generate", Usage.characters(prompt));
        if (reservation.decision() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter()); // no wait helps once the characters are spent
        }
        try {
            String output = model.generate(prompt);
            reservation.settle(Usage.characters(prompt).andCharacters(output));
            return output;
        } finally {
            reservation.cancel(); // changes nothing once it is settled
        }
        // end of sample
    }

    @Test
    void charactersOfInputAndOutputAreChargedAndNoneOfACallThatFails() {
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(LimitedAccessEdition.limited())
                .build();
        assertThat(generate(limiter, prompt -> "x".repeat(499_990), "acme", "hello"))
                .hasSize(499_990);
        Error failure = new StackOverflowError();
        assertThat(catchThrowable(() -> generate(limiter, thrower(failure), "acme", "hello")))
                .isSameAs(failure);
        assertThat(limiter.status("acme", "generate"))
                .last()
                .extracting(LimitStatus::used)
                .isEqualTo(499_995L);
        assertThat(generate(limiter, prompt -> "another", "acme", "hello")).isEqualTo("another");
        assertThat(generate(limiter, prompt -> "one more", "acme", "hello")).isEqualTo(REFUSED);
    }

    private static Writer thrower(Error failure) {
        return prompt -> {
            throw failure;
        };
    }
}
