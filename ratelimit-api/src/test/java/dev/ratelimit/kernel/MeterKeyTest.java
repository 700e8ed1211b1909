package dev.ratelimit.kernel;

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
import java.util.Set;
import org.junit.jupiter.api.Test;

class MeterKeyTest {

    private static final Scope CHAT = new Scope.Endpoint("chat");

    private static MeterKey key(Limit limit) {
        return MeterKey.of("default", AppliedLimit.of("table", CHAT, limit));
    }

    @Test
    void limitsThatDifferInAmountPrecisionAndOverrunShareAMeter() {
        MeterKey minute = key(RateLimit.perMinute(20));
        assertThat(key(RateLimit.perMinute(30).withPrecision(Precision.EXACT)))
                .isEqualTo(minute)
                .hasSameHashCodeAs(minute);
        MeterKey month = key(Quota.perMonth(1_000));
        assertThat(key(Quota.perMonth(2_000).withOverrun(Overrun.UNTIL_REACHED)))
                .isEqualTo(month)
                .hasSameHashCodeAs(month);
    }

    @Test
    void limitsThatDifferInRateCapacityAndLongestTimeShareAMeter() {
        MeterKey bucket = key(TokenBucket.perMinute(20));
        assertThat(key(TokenBucket.perSecond(5).withCapacity(70)))
                .isEqualTo(bucket)
                .hasSameHashCodeAs(bucket);
        MeterKey inFlight = key(ConcurrencyLimit.of(20, Duration.ofMinutes(10)));
        assertThat(key(ConcurrencyLimit.of(30, Duration.ofMinutes(5))))
                .isEqualTo(inFlight)
                .hasSameHashCodeAs(inFlight);
    }

    @Test
    void limitsOfTwoKindsShareNoMeter() {
        assertThat(Set.of(
                        key(RateLimit.perMinute(20)),
                        key(TokenBucket.perMinute(20)),
                        key(Quota.of(Unit.CALLS, 20, QuotaPeriod.every(Duration.ofMinutes(1)))),
                        key(Quota.of(Unit.CALLS, 20, QuotaPeriod.every(Duration.ofMinutes(2)))),
                        key(Quota.perDay(20)),
                        key(ConcurrencyLimit.of(20, Duration.ofMinutes(1))),
                        key(PerCallLimit.of(Unit.CALLS, 20))))
                .hasSize(7);
    }

    @Test
    void eachPartTellsMetersApart() {
        MeterKey.Span minute = new MeterKey.Window(Duration.ofMinutes(1));
        MeterKey.Span month = new MeterKey.Period(QuotaPeriod.lifetime());
        assertThat(Set.of(
                        new MeterKey("default", "table", CHAT, Unit.CALLS, minute),
                        new MeterKey("other", "table", CHAT, Unit.CALLS, minute),
                        new MeterKey("default", "other", CHAT, Unit.CALLS, minute),
                        new MeterKey("default", "table", new Scope.Group("chat"), Unit.CALLS, minute),
                        new MeterKey("default", "table", new Scope.Endpoint("embed"), Unit.CALLS, minute),
                        new MeterKey("default", "table", CHAT, Unit.TOKENS, minute),
                        new MeterKey("default", "table", CHAT, Unit.CALLS, month)))
                .hasSize(7);
    }

    @Test
    void anotherScopeIsAnotherKeyOfTheSameLimit() {
        Scope embed = new Scope.Endpoint("embed");
        assertThat(key(RateLimit.perMinute(20)).of(embed))
                .isEqualTo(MeterKey.of("default", AppliedLimit.of("table", embed, RateLimit.perMinute(20))));
    }

    @Test
    void aTextNamesEachPart() {
        assertThat(key(RateLimit.perMinute(20)))
                .hasToString("MeterKey[account=default, table=table, scope=endpoint \"chat\", unit=calls,"
                        + " span=Window[length=PT1M]]");
    }
}
