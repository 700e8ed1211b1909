package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Texts about a name of a mebibyte are short, and take little memory to make. */
class LongNamesTest {

    private static final String NAME = "chat\r\n\u001B[2J".repeat(1 << 17).substring(0, 1 << 20);
    private static final Tier TIER = Tier.named("tier")
            .message(NAME)
            .table(LimitTable.named(NAME).eachOtherEndpoint(RateLimit.perMinute(0)))
            .build();

    @Test
    void theMessageOfARejectionIsShortAndOneLine() {
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(TIER).build();
        Rejected no = (Rejected) limiter.tryAcquire(NAME, NAME);

        assertThat(no.message())
                .startsWith("chat\uFFFD\uFFFD\uFFFD[2Jchat")
                .hasSizeLessThan(1_024 + 3 * 256)
                .doesNotContainPattern("\\p{Cc}");
        assertThat(no.cause().message())
                .startsWith("Larger than the limit of 0 calls per minute for endpoint \"chat\uFFFD");
        assertThat(bytesFor(no::message)).isLessThan(64 << 10);
        assertThat(bytesFor(no::toString)).isLessThan(64 << 10);
        assertThat(bytesFor(TIER::toString)).isLessThan(64 << 10);
    }

    @Test
    @SuppressWarnings("NullAway") // a resolver without a tier is what is tested
    void theErrorOfAResolverWithoutATierIsShortAndOneLine() {
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tiers(organization -> null).build();
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.tryAcquire("ac\r\nme", "chat"))
                .withMessage("the tier resolver must give a tier: organization=ac\uFFFD\uFFFDme");
    }

    private static long bytesFor(Supplier<String> text) {
        assertThat(text.get()).isNotEmpty(); // once before: classes are loaded
        Allocation allocation = new Allocation();
        assertThat(text.get()).isNotEmpty();
        return allocation.bytes();
    }
}
