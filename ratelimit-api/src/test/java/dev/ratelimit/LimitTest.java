package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitTest {

    private static final long MOST = 1L << 53;

    @Test
    void limitsReadLikeTheVendorsPage() {
        assertThat(RateLimit.perSecond(3)).hasToString("3 calls per second");
        assertThat(RateLimit.perMinute(20)).hasToString("20 calls per minute");
        assertThat(RateLimit.perHour(700)).hasToString("700 calls per hour");
        assertThat(RateLimit.perDay(50_000)).hasToString("50,000 calls per day");
        assertThat(rate(Duration.ofDays(30))).hasToString("1 tokens per 30 days");
        assertThat(rate(Duration.ofSeconds(90))).hasToString("1 tokens per 90 seconds");
        assertThat(rate(Duration.ofMillis(1_500))).hasToString("1 tokens per 1500 milliseconds");
        assertThat(Quota.perMonth(1_000)).hasToString("1,000 calls per calendar month");
        assertThat(Quota.of(Unit.TOKENS, 7, QuotaPeriod.day(ZoneId.of("Asia/Tokyo"))))
                .hasToString("7 tokens per calendar day in Asia/Tokyo");
        assertThat(Quota.lifetime(Unit.CHARACTERS, 500_000)).hasToString("500,000 characters in all");
    }

    @Test
    void messagesHaveOneUnitInTheSingularWhateverTheKindOfTheLimit() {
        List<Limit> limits = List.of(
                RateLimit.perMinute(1),
                Quota.perMonth(Unit.CHARACTERS, 1),
                Quota.lifetime(new Unit("input tokens"), 1),
                TokenBucket.perSecond(1).withCapacity(3),
                ConcurrencyLimit.of(1, Duration.ofMinutes(10)),
                PerCallLimit.of(Unit.TOKENS, 1));

        assertThat(limits)
                .extracting(Limit::inWords)
                .containsExactly(
                        "1 call per minute",
                        "1 character per calendar month",
                        "1 input token in all",
                        "1 call per second with burst 3",
                        "1 call in flight",
                        "1 token per call");
        assertThat(limits)
                .extracting(Object::getClass)
                .as("all kinds")
                .containsAll(Arrays.stream(Limit.class.getPermittedSubclasses())
                        .filter(kind -> Modifier.isPublic(kind.getModifiers()))
                        .toList());
        assertThat(limits)
                .allSatisfy(limit -> assertThat(Limit.parse(limit.toString())).isEqualTo(limit));
    }

    @Test
    void amountsAreBetween0And2ToThe53() {
        assertThat(RateLimit.perMinute(0).amount()).isZero();
        assertThat(Quota.perMonth(MOST).amount()).isEqualTo(MOST);
        assertRefused(() -> RateLimit.perMinute(-3), "amount must be >= 0: amount=-3");
        assertRefused(() -> Quota.perMonth(MOST + 1), "amount must be <= 2^53: amount=9007199254740993");
    }

    @Test
    void windowsAreMoreThanNothingAndAtMost2ToThe60Nanoseconds() {
        assertThat(rate(Duration.ofNanos(1)).window()).isEqualTo(Duration.ofNanos(1));
        assertThat(rate(Duration.ofNanos(1L << 60)).window()).isEqualTo(Duration.ofNanos(1L << 60));
        assertRefused(() -> rate(Duration.ZERO), "window must be > 0: window=PT0S");
        assertRefused(() -> rate(Duration.ofNanos(-1)), "window must be > 0: window=PT-0.000000001S");
        assertRefused(
                () -> rate(Duration.ofNanos((1L << 60) + 1)),
                "window must be <= 2^60 ns: window=" + Duration.ofNanos((1L << 60) + 1));
        assertRefused(
                () -> rate(Duration.ofSeconds(Long.MAX_VALUE)),
                "window must be <= 2^60 ns: window=" + Duration.ofSeconds(Long.MAX_VALUE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | $0.00",
                "1 | $0.000000001",
                "1000 | $0.000001",
                "1500000000 | $1.50",
                "25000000000 | $25.00",
                "25123000000 | $25.123",
                "9007199254740992 | $9,007,199.254740992"
            })
    void moneyReadsAsDollars(long nanos, String dollars) {
        assertThat(Quota.perMonth(Unit.NANO_USD, nanos).inWords()).isEqualTo(dollars + " per calendar month");
        assertThat(RateLimit.of(Unit.NANO_USD, nanos, Duration.ofHours(1)).inWords())
                .isEqualTo(dollars + " per hour");
        assertThat(Usage.of(Unit.NANO_USD, nanos).and(Unit.TOKENS, 7)).hasToString(dollars + ", 7 tokens");
    }

    @Test
    void oneChangeLeavesTheRestOfALimitAsItWas() {
        RateLimit rate = RateLimit.perMinute(20);
        assertThat(rate.withPrecision(Precision.EXACT))
                .isEqualTo(new RateLimit(Unit.CALLS, 20, Duration.ofMinutes(1), Precision.EXACT));
        Quota quota = Quota.perMonth(Unit.NANO_USD, 5);
        assertThat(quota.withOverrun(Overrun.UNTIL_REACHED))
                .isEqualTo(new Quota(Unit.NANO_USD, 5, quota.period(), Overrun.UNTIL_REACHED));
    }

    @Test
    void anotherAmountLeavesTheRestOfALimitAsItWas() {
        RateLimit rate = new RateLimit(Unit.TOKENS, 20, Duration.ofMinutes(3), Precision.EXACT);
        assertThat(rate.withAmount(7)).isEqualTo(new RateLimit(Unit.TOKENS, 7, Duration.ofMinutes(3), Precision.EXACT));
        Quota quota = Quota.perMonth(5).withOverrun(Overrun.UNTIL_REACHED);
        assertThat(quota.withAmount(0)).isEqualTo(new Quota(Unit.CALLS, 0, quota.period(), Overrun.UNTIL_REACHED));
        assertRefused(() -> rate.withAmount(-1), "amount must be >= 0: amount=-1");
        assertRefused(() -> quota.withAmount(MOST + 1), "amount must be <= 2^53: amount=9007199254740993");
    }

    @Test
    void aBucketHoldsItsAmountUnlessStated() {
        assertThat(TokenBucket.perSecond(20)).isEqualTo(bucket(20, Duration.ofSeconds(1), 20));
        assertThat(TokenBucket.perMinute(20)).isEqualTo(bucket(20, Duration.ofMinutes(1), 20));
        assertThat(TokenBucket.perHour(20)).isEqualTo(bucket(20, Duration.ofHours(1), 20));
        assertThat(TokenBucket.perDay(20)).isEqualTo(bucket(20, Duration.ofDays(1), 20));
        assertThat(TokenBucket.perMinute(20).withCapacity(70)).isEqualTo(bucket(20, Duration.ofMinutes(1), 70));
        assertThat(TokenBucket.perDay(Unit.TOKENS, 5).unit()).isEqualTo(Unit.TOKENS);
    }

    @Test
    void aBucketIsScaledWithItsAmount() {
        TokenBucket bucket = TokenBucket.perSecond(20).withCapacity(101);
        assertThat(bucket.withAmount(10)).isEqualTo(TokenBucket.perSecond(10).withCapacity(50));
        assertThat(bucket.withAmount(0)).isEqualTo(TokenBucket.perSecond(0));
        assertThat(bucket.dividedBy(3)).isEqualTo(TokenBucket.perSecond(6).withCapacity(30));
        assertThat(bucket.dividedBy(30)).isEqualTo(TokenBucket.perSecond(0));
        TokenBucket filledOnce = TokenBucket.perSecond(0).withCapacity(100);
        assertThat(filledOnce.withAmount(7)).isEqualTo(TokenBucket.perSecond(7).withCapacity(100));
        assertThat(filledOnce.dividedBy(3)).isEqualTo(TokenBucket.perSecond(0).withCapacity(33));
        assertRefused(() -> bucket.withAmount(MOST), "capacity must be <= 2^53: capacity=45486356236442009");
        assertRefused(() -> bucket.withAmount(-1), "amount must be >= 0: amount=-1");
        assertRefused(() -> bucket.dividedBy(0), "parts must be > 0: parts=0");
    }

    @Test
    void aBucketIsFullAgainIn2ToThe60Nanoseconds() {
        Duration longest = Duration.ofNanos(1L << 60);
        assertThat(bucket(1, longest, 1).most()).isEqualTo(1);
        assertThat(bucket(1, longest, 0).most()).isZero();
        assertThat(bucket(0, longest, MOST).most()).isEqualTo(MOST);
        assertThat(bucket(1, Duration.ofNanos(1L << 7), MOST).most()).isEqualTo(MOST);
        assertRefused(
                () -> bucket(1, longest, 2),
                "capacity must be such that capacity * per / amount <= 2^60 ns: capacity=2");
        assertRefused(
                () -> bucket(1, Duration.ofNanos((1L << 7) + 1), MOST),
                "capacity must be such that capacity * per / amount <= 2^60 ns: capacity=" + MOST);
        assertRefused(() -> bucket(1, longest.plusNanos(1), 1), "per must be <= 2^60 ns: per=" + longest.plusNanos(1));
        assertRefused(() -> bucket(1, Duration.ZERO, 1), "per must be > 0: per=PT0S");
        assertRefused(() -> bucket(1, longest, -1), "capacity must be >= 0: capacity=-1");
        assertRefused(() -> bucket(-1, longest, 1), "amount must be >= 0: amount=-1");
    }

    @Test
    void whatIsInFlightAndWhatACallUsesHaveBounds() {
        ConcurrencyLimit inFlight = ConcurrencyLimit.of(100, Duration.ofMinutes(10));
        assertThat(inFlight.withAmount(7)).isEqualTo(ConcurrencyLimit.of(7, Duration.ofMinutes(10)));
        assertThat(inFlight.dividedBy(3)).isEqualTo(inFlight.withAmount(33));
        assertRefused(() -> ConcurrencyLimit.of(1, Duration.ZERO), "longest must be > 0: longest=PT0S");
        assertRefused(() -> inFlight.withAmount(-1), "amount must be >= 0: amount=-1");
        PerCallLimit largest = PerCallLimit.of(Unit.TOKENS, 1_000);
        assertThat(largest.withAmount(7)).isEqualTo(PerCallLimit.of(Unit.TOKENS, 7));
        assertThat(largest.dividedBy(3)).as("calls do not add up").isEqualTo(largest);
        assertRefused(() -> largest.dividedBy(0), "parts must be > 0: parts=0");
        assertRefused(() -> largest.withAmount(MOST + 1), "amount must be <= 2^53: amount=9007199254740993");
    }

    @Test
    void theMostThatCountsAtOnceIsTheAmountOrTheCapacity() {
        assertThat(RateLimit.perMinute(20).most()).isEqualTo(20);
        assertThat(Quota.perMonth(20).most()).isEqualTo(20);
        assertThat(ConcurrencyLimit.of(20, Duration.ofMinutes(1)).most()).isEqualTo(20);
        assertThat(PerCallLimit.of(Unit.TOKENS, 20).most()).isEqualTo(20);
        assertThat(TokenBucket.perMinute(20).withCapacity(70).most()).isEqualTo(70);
    }

    @Test
    void quotasOfCallsHaveShortForms() {
        ZoneId tokyo = ZoneId.of("Asia/Tokyo");
        assertThat(Quota.perDay(5, tokyo)).isEqualTo(Quota.perDay(Unit.CALLS, 5, tokyo));
        assertThat(Quota.perWeek(5, tokyo)).isEqualTo(Quota.perWeek(Unit.CALLS, 5, tokyo));
        assertThat(Quota.perMonth(5, tokyo)).isEqualTo(Quota.perMonth(Unit.CALLS, 5, tokyo));
        assertThat(Quota.perYear(5, tokyo)).isEqualTo(Quota.perYear(Unit.CALLS, 5, tokyo));
        assertThat(Quota.lifetime(5)).isEqualTo(Quota.lifetime(Unit.CALLS, 5));
    }

    @Test
    void aShareIsRoundedDown() {
        assertThat(RateLimit.perMinute(10).dividedBy(3)).isEqualTo(RateLimit.perMinute(3));
        assertThat(Quota.perMonth(2).dividedBy(3)).isEqualTo(Quota.perMonth(0));
        assertThat(RateLimit.perMinute(10).dividedBy(1)).isEqualTo(RateLimit.perMinute(10));
        assertThat(Quota.perMonth(MOST).dividedBy(Long.MAX_VALUE)).isEqualTo(Quota.perMonth(0));
        assertRefused(() -> RateLimit.perMinute(10).dividedBy(0), "parts must be > 0: parts=0");
    }

    /**
     * However many machines there are, and whatever the amount: no unit is admitted twice, and less than one a machine
     * is lost.
     */
    @Test
    void theSharesOfAllMachinesNeverComeToMoreThanTheAmount() {
        Random random = new Random(6);
        for (int round = 0; round < 10_000; round++) {
            long amount = random.nextLong(MOST + 1) >>> random.nextInt(54);
            long machines = 1 + (random.nextLong() >>> (34 + random.nextInt(30)));
            long share = RateLimit.perMinute(amount).dividedBy(machines).amount();
            assertThat(amount - share * machines).isBetween(0L, machines - 1);
        }
    }

    private static TokenBucket bucket(long amount, Duration per, long capacity) {
        return new TokenBucket(Unit.CALLS, amount, per, capacity);
    }

    private static RateLimit rate(Duration window) {
        return RateLimit.of(Unit.TOKENS, 1, window);
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable made, String message) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
