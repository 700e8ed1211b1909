package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** The samples of the package {@code dev.ratelimit} and its listener do what they say. */
class ApiSamplesTest {

    // sample: dev/ratelimit/Tier.java
    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute")
                    .each(RateLimit.perMinute(5), "generate", "summarize")
                    .each(RateLimit.perMinute(10), "rerank", "chat")
                    .eachOtherEndpoint(RateLimit.perMinute(100)))
            .table(LimitTable.named("calls per month").otherEndpointsTogether("all endpoints", Quota.perMonth(5_000)))
            .build();
    // end of sample

    // sample: dev/ratelimit/Unit.java
    static final Unit IMAGES = new Unit("images");
    // end of sample

    private static final Unit INPUT = new Unit("input tokens");
    private static final Unit POINTS = new Unit("points");
    private static final int OK = 200;
    private static final int TOO_MANY = 429;

    private static int tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message).startsWith("Exceeded the limit of ");
        assertThat(retryAfter).isPresent();
        return TOO_MANY;
    }

    private static int decide(RateLimiter limiter) {
        // sample: dev/ratelimit/Decision.java
        if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        // end of sample
        return OK;
    }

    @Test
    void aTierLimitsEachEndpointAndAllTogether() {
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();
        for (int i = 0; i < 10; i++) {
            assertThat(decide(limiter)).isEqualTo(OK);
        }
        assertThat(decide(limiter)).isEqualTo(TOO_MANY);
        assertThat(TRIAL.limitsFor("summarize"))
                .extracting(limit -> limit.limit().amount())
                .containsExactly(5L, 5_000L);
        assertThat(TRIAL.limitsFor("embed"))
                .extracting(limit -> limit.limit().amount())
                .containsExactly(100L, 5_000L);
    }

    private static int askANewLimiter() {
        // sample: dev/ratelimit/RateLimiter.java
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();

        if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        // end of sample
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
        return OK;
    }

    @Test
    void aLimiterAnswersACall() {
        assertThat(askANewLimiter()).isEqualTo(OK);
    }

    @Test
    void aTableHasALimitForEachForAGroupAndForTheOthers() {
        // sample: dev/ratelimit/LimitTable.java
        LimitTable callsPerMonth = LimitTable.named("calls per month")
                .each(Quota.perMonth(3_000), "generate", "summarize") // 3,000 for the one, 3,000 for the other
                .together("chat and coral", Quota.perMonth(5_000), "chat", "coral") // 5,000 for both
                .otherEndpointsTogether("remaining", Quota.perMonth(1_000)); // 1,000 for all that no row names
        // end of sample
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier").table(callsPerMonth).build())
                .build();
        assertThat(admits(limiter, "generate", 3_000)).isTrue();
        assertThat(admits(limiter, "generate", 1)).isFalse();
        assertThat(admits(limiter, "summarize", 3_000)).isTrue();
        assertThat(admits(limiter, "chat", 2_000)).isTrue();
        assertThat(admits(limiter, "coral", 3_001)).isFalse();
        assertThat(admits(limiter, "coral", 3_000)).isTrue();
        assertThat(admits(limiter, "embed", 600)).isTrue();
        assertThat(admits(limiter, "rerank", 401)).isFalse();
    }

    private static boolean admits(RateLimiter limiter, String endpoint, long calls) {
        return limiter.tryAcquire("acme", endpoint, Usage.of(Unit.CALLS, calls)).isAdmitted();
    }

    @Test
    void aUsageIsOneCallUnlessItStatesAnotherNumber() {
        String prompt = "h\uD83D\uDE00llo";
        // sample: dev/ratelimit/Usage.java
        Usage call = Usage.call(); // 1 call
        Usage tokens = Usage.of(Unit.TOKENS, 812); // 1 call, 812 tokens
        Usage batch = Usage.of(Unit.CALLS, 96).and(Unit.TOKENS, 40_000); // a batch of 96 calls
        Usage characters = Usage.characters(prompt); // 1 call, the code points of the prompt
        // end of sample
        assertThat(List.of(call, tokens, batch, characters))
                .extracting(usage -> usage.amountOf(Unit.CALLS))
                .containsExactly(1L, 1L, 96L, 1L);
        assertThat(tokens.amountOf(Unit.TOKENS)).isEqualTo(812);
        assertThat(batch.amountOf(Unit.TOKENS)).isEqualTo(40_000);
        assertThat(characters.amountOf(Unit.CHARACTERS)).isEqualTo(5);
        assertThat(Usage.of(IMAGES, 3)).hasToString("3 images");
    }

    @Test
    void aLimitIsReadFromItsText() {
        // sample: dev/ratelimit/Limit.java
        Limit window = Limit.parse("20 calls per minute");
        Limit tokens = Limit.parse("100,000 tokens per 10 seconds, exact");
        Limit quota = Limit.parse("1,000 requests per calendar month in Europe/Paris");
        Limit spending = Limit.parse("$25 per calendar month from day 15, until reached");
        Limit forEver = Limit.parse("500,000 \"input characters\" in all");
        Limit bucket = Limit.parse("20 calls per second with burst 100");
        Limit fixed = Limit.parse("3,500 calls per fixed 15 minutes");
        Limit inFlight = Limit.parse("100 calls in flight for 10 minutes");
        Limit largest = Limit.parse("1,000 points per call");
        // end of sample
        assertThat(window).isEqualTo(RateLimit.perMinute(20));
        assertThat(tokens).isEqualTo(new RateLimit(Unit.TOKENS, 100_000, Duration.ofSeconds(10), Precision.EXACT));
        assertThat(quota).isEqualTo(Quota.of(Unit.CALLS, 1_000, QuotaPeriod.month(ZoneId.of("Europe/Paris"))));
        assertThat(spending)
                .isEqualTo(Quota.of(Unit.NANO_USD, 25_000_000_000L, QuotaPeriod.monthFrom(15, ZoneOffset.UTC))
                        .withOverrun(Overrun.UNTIL_REACHED));
        assertThat(forEver).isEqualTo(Quota.lifetime(new Unit("input characters"), 500_000));
        assertThat(bucket).isEqualTo(TokenBucket.perSecond(20).withCapacity(100));
        assertThat(fixed).isEqualTo(Quota.of(Unit.CALLS, 3_500, QuotaPeriod.every(Duration.ofMinutes(15))));
        assertThat(inFlight).isEqualTo(ConcurrencyLimit.of(100, Duration.ofMinutes(10)));
        assertThat(largest).isEqualTo(PerCallLimit.of(POINTS, 1_000));
    }

    @Test
    void aTierIsWrittenInRowsOfSeveralLimits() {
        // sample: dev/ratelimit/Tier.java
        Tier free = Tier.named("free")
                .limits("gemini-2.5-pro", RateLimit.perMinute(2), RateLimit.perMinute(INPUT, 125_000), Quota.perDay(50))
                .limits("gemini-2.5-flash", RateLimit.perMinute(10), Quota.perDay(250))
                .refuseOtherEndpoints()
                .build();
        // end of sample
        assertThat(free.limitsFor("gemini-2.5-pro")).hasSize(3);
        assertThat(free.has("gemini-2.5-Pro")).isFalse();
    }

    @Test
    void aTableMayBeForAllEndpoints() {
        // sample: dev/ratelimit/LimitTable.java
        LimitTable perMinute = LimitTable.named("calls per minute").everyEndpoint(RateLimit.perMinute(100));
        LimitTable perMonth = LimitTable.named("all calls per month").allTogether(Quota.perMonth(5_000));
        // end of sample
        Tier tier = Tier.named("tier").table(perMinute).table(perMonth).build();
        assertThat(tier.limitsFor("chat")).hasSize(2);
    }

    @Test
    void aBucketIsARateWithABurst() {
        // sample: dev/ratelimit/TokenBucket.java
        Limit burst = TokenBucket.perSecond(20).withCapacity(100); // 100 at once, then 20 calls a second
        Limit tokens = TokenBucket.perMinute(Unit.TOKENS, 100_000); // holds 100,000
        // end of sample
        assertThat(burst).hasToString("20 calls per second with burst 100");
        assertThat(tokens).hasToString("100,000 tokens per minute with burst 100,000");
    }

    @Test
    void whatIsInFlightAndTheLargestCallAreLimits() {
        // sample: dev/ratelimit/ConcurrencyLimit.java
        Limit calls = ConcurrencyLimit.of(100, Duration.ofMinutes(10)); // 100 calls at once
        Limit queued = ConcurrencyLimit.of(Unit.TOKENS, 40_000_000, Duration.ofHours(24)); // tokens of queued batches
        // end of sample
        // sample: dev/ratelimit/PerCallLimit.java
        Limit largest = PerCallLimit.of(POINTS, 1_000);
        // end of sample
        assertThat(calls).hasToString("100 calls in flight for 10 minutes");
        assertThat(queued).hasToString("40,000,000 tokens in flight for 1 day");
        assertThat(largest).hasToString("1,000 points per call");
    }

    @Test
    void aListenerIsToldOfRejections() {
        // sample: dev/ratelimit/spi/RateLimitListener.java
        final class RejectionCounter implements RateLimitListener {

            private final LongAdder rejections = new LongAdder();

            @Override
            public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
                rejections.increment();
            }
        }
        // end of sample
        RejectionCounter counter = new RejectionCounter();
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(TRIAL).listener(counter).build();
        Decision last = Decision.admitted();
        for (int i = 0; i < 12; i++) {
            last = limiter.tryAcquire("acme", "chat");
        }
        assertThat(last.isAdmitted()).isFalse();
        assertThat(counter.rejections.sum()).isEqualTo(2);
    }
}
