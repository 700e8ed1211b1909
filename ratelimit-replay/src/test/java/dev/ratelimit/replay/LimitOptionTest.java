package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.TypeConversionException;

class LimitOptionTest {

    static Stream<Arguments> notations() {
        return Stream.of(
                Arguments.of("calls=20/1m", RateLimit.perMinute(20)),
                Arguments.of("calls=20/60s", RateLimit.perMinute(20)),
                Arguments.of("calls=0/500ms", RateLimit.of(Unit.CALLS, 0, Duration.ofMillis(500))),
                Arguments.of("calls=5/24h", RateLimit.perDay(5)),
                Arguments.of("tokens=100000/30d", RateLimit.of(Unit.TOKENS, 100_000, Duration.ofDays(30))),
                Arguments.of("calls=1/day", Quota.of(Unit.CALLS, 1, QuotaPeriod.day(ZoneOffset.UTC))),
                Arguments.of("calls=1/week", Quota.of(Unit.CALLS, 1, QuotaPeriod.week(ZoneOffset.UTC))),
                Arguments.of("calls=1000/month", Quota.perMonth(1_000)),
                Arguments.of("calls=1/year", Quota.of(Unit.CALLS, 1, QuotaPeriod.year(ZoneOffset.UTC))),
                Arguments.of("characters=9007199254740992/ever", Quota.lifetime(Unit.CHARACTERS, 1L << 53)),
                Arguments.of(
                        "nano-usd=7/month,until-reached",
                        Quota.perMonth(Unit.NANO_USD, 7).withOverrun(Overrun.UNTIL_REACHED)),
                Arguments.of("gpu seconds=7/ever", Quota.lifetime(new Unit("gpu seconds"), 7)),
                Arguments.of("20 calls per minute", RateLimit.perMinute(20)),
                Arguments.of("1,000 calls per calendar month", Quota.perMonth(1_000)),
                Arguments.of(
                        "500,000 tokens in all, until reached",
                        Quota.lifetime(Unit.TOKENS, 500_000).withOverrun(Overrun.UNTIL_REACHED)),
                Arguments.of("7 \"a=1/day\" in all", Quota.lifetime(new Unit("a=1/day"), 7)),
                Arguments.of("20 calls in flight for 10 minutes", ConcurrencyLimit.of(20, Duration.ofMinutes(10))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notations")
    void aNotationMeansALimit(String text, Limit limit) {
        assertThat(LimitOption.parse(text).limit()).isEqualTo(limit);
    }

    @Test
    void theTableIsNamedAsTheUserWroteIt() {
        assertThat(LimitOption.parse("calls=20/60s").table().name()).isEqualTo("calls=20/60s");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            20/1m                       | or UNIT=AMOUNT/SPAN
            =20/1m                      | or UNIT=AMOUNT/SPAN
            calls=20                    | or UNIT=AMOUNT/SPAN
            calls=-1/1m                 | or UNIT=AMOUNT/SPAN
            calls=1.5/1m                | or UNIT=AMOUNT/SPAN
            calls=20/1m,until           | or UNIT=AMOUNT/SPAN
            1,000 calls per month       | say "per calendar month" or "per 30 days"
            calls=9007199254740993/1m   | amount must be a whole number between 0 and 2^53
            calls=20/fortnight          | span must be a window such as 90s, or one of day
            calls=20/1                  | must be a number and one of ms, s, m, h, d
            calls=20/1w                 | must be a number and one of ms, s, m, h, d
            calls=20/0s                 | window must be > 0
            calls=20/40000d             | must be at most 2^60 ns
            calls=20/1m,until-reached   | until-reached must be with one of day
            """)
    void whatIsNoLimitIsRefusedWithTheRule(String text, String rule) {
        assertThatExceptionOfType(TypeConversionException.class)
                .isThrownBy(() -> LimitOption.parse(text))
                .withMessageContaining(rule);
    }
}
