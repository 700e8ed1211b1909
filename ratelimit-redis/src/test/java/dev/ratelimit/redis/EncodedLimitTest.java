package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the script is told of a limit. */
class EncodedLimitTest {

    private static EncodedLimit rule(Limit limit) {
        return new EncodedLimit("default", AppliedLimit.of("calls per minute", new Scope.Endpoint("chat"), limit));
    }

    private static RateLimit perNanos(long nanos) {
        return RateLimit.of(Unit.CALLS, 5, Duration.ofNanos(nanos));
    }

    @Test
    void aWindowIsRoundedUpToMicrosecondsAndStaysAMeterOfItsOwn() {
        assertThat(rule(perNanos(1)).span).isEqualTo(1);
        assertThat(rule(perNanos(1_000)).span).isEqualTo(1);
        assertThat(rule(perNanos(1_001)).span).isEqualTo(2);
        assertThat(rule(perNanos(1L << 60)).span).isEqualTo(((1L << 60) + 999) / 1_000);
        assertThat(rule(perNanos(1_001)).meter).isNotEqualTo(rule(perNanos(2_000)).meter);
    }

    @Test
    void aMeterIsReadable() {
        assertThat(rule(RateLimit.perMinute(5)).meter)
                .isEqualTo("default/calls%0020per%0020minute/e/chat/calls/w60000000000");
        assertThat(rule(Quota.lifetime(Unit.TOKENS, 5)).meter)
                .isEqualTo("default/calls%0020per%0020minute/e/chat/tokens/plifetime");
        assertThat(rule(Quota.of(Unit.CALLS, 5, QuotaPeriod.monthFrom(31, ZoneId.of("Africa/Cairo")))).meter)
                .isEqualTo("default/calls%0020per%0020minute/e/chat/calls/"
                        + "pMonths%00200001-01-31T00%003a00%0020Africa%002fCairo");
        assertThat(rule(Quota.of(Unit.CALLS, 5, QuotaPeriod.every(Duration.ofMinutes(15)))).meter)
                .isEqualTo("default/calls%0020per%0020minute/e/chat/calls/"
                        + "pFixed%0020900000000000%00201970-01-01T00%003a00%003a00Z");
        assertThat(rule(TokenBucket.perMinute(5)).meter).isEqualTo("default/calls%0020per%0020minute/e/chat/calls/b");
        assertThat(rule(ConcurrencyLimit.of(5, Duration.ofHours(1))).meter)
                .isEqualTo("default/calls%0020per%0020minute/e/chat/calls/f");
    }

    @Test
    void aMeterThatIsSharedIsThatOfNoEndpoint() {
        EncodedLimit chat = rule(RateLimit.perMinute(5));
        assertThat(chat.overflow()).isSameAs(chat);
        AppliedLimit beyond = AppliedLimit.of("t", Scope.Endpoint.OVERFLOW, RateLimit.perMinute(5));
        EncodedLimit shared = new EncodedLimit("default", chat.limit, beyond).overflow();
        assertThat(shared.limit).isEqualTo(beyond);
        assertThat(shared.meter).isEqualTo("default/t/e/%o/calls/w60000000000");
        EncodedLimit group =
                new EncodedLimit("default", AppliedLimit.of("t", new Scope.Group("chat"), RateLimit.perMinute(5)));
        assertThat(group.overflow()).isSameAs(group);
        assertThat(group.meter).isEqualTo("default/t/g/chat/calls/w60000000000");
    }

    @Test
    void marksAreExactAsFarAsThePrecisionSays() {
        assertThat(rule(RateLimit.perMinute(1_024)).exact).isEqualTo(1_024);
        assertThat(rule(RateLimit.perMinute(1_025)).exact).isZero();
        assertThat(rule(RateLimit.perMinute(9_000).withPrecision(Precision.EXACT)).exact)
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void theRateOfABucketIsInLowestTerms() {
        EncodedLimit bucket = rule(TokenBucket.of(Unit.CALLS, 1_200, Duration.ofMinutes(1)));
        assertThat(List.of(bucket.exact, bucket.grain)).containsExactly(1L, 50_000L);
        EncodedLimit none = rule(TokenBucket.of(Unit.CALLS, 0, Duration.ofMinutes(1)));
        assertThat(List.of(none.exact, none.grain)).containsExactly(0L, 1L);
        EncodedLimit nanos = rule(TokenBucket.of(Unit.CALLS, 3, Duration.ofNanos(1_500)));
        assertThat(List.of(nanos.exact, nanos.grain)).containsExactly(2L, 1L);
        EncodedLimit roundedUp = rule(TokenBucket.of(Unit.CALLS, 1L << 53, Duration.ofNanos(6_001)));
        assertThat(List.of(roundedUp.exact, roundedUp.grain)).containsExactly(1L << 53, 7L);
    }

    @Test
    void theRoomIsWhatMayBeUsedBeforeTheCall() {
        assertThat(rule(RateLimit.perMinute(5)).room(2)).isEqualTo(3);
        assertThat(rule(RateLimit.perMinute(5)).room(6)).isEqualTo(-1);
        assertThat(rule(Quota.perMonth(5)).room(0)).isEqualTo(5);
        assertThat(rule(TokenBucket.perMinute(5).withCapacity(9)).room(2)).isEqualTo(7);
        assertThat(rule(PerCallLimit.of(Unit.CALLS, 5)).room(6)).isEqualTo(-1);
        assertThat(rule(Quota.perMonth(5).withOverrun(Overrun.UNTIL_REACHED)).room(100))
                .isEqualTo(4);
    }

    @Test
    void instantsAreRoundedUpAndTheEndsOfTimeAreBeyondAll() {
        Instant noon = Instant.parse("2025-01-01T12:00:00Z");
        assertThat(Micros.instant(Micros.of(noon))).isEqualTo(noon);
        assertThat(Micros.of(noon.plusNanos(1))).isEqualTo(Micros.of(noon) + 1);
        assertThat(Micros.of(noon.plusNanos(1_000))).isEqualTo(Micros.of(noon) + 1);
        assertThat(Micros.of(Instant.parse("1901-01-01T00:00:00.000001Z")))
                .isEqualTo(Micros.of(Instant.parse("1901-01-01T00:00:00Z")) + 1);
        assertThat(Micros.of(Instant.MAX)).isEqualTo(Micros.ENDLESS);
        assertThat(Micros.of(Instant.MIN)).isEqualTo(-Micros.ENDLESS);
        assertThat(Micros.of(noon.atOffset(ZoneOffset.UTC).plusYears(200_000).toInstant()))
                .isEqualTo(Micros.ENDLESS);
        assertThat(Micros.duration(Long.MAX_VALUE)).isEqualTo(Duration.ofNanos(Long.MAX_VALUE));
    }
}
