package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.Caller;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What carrying over is in memory, besides the contract: overflow, listeners, what is returned. */
@Tag("mutants")
class CarryOverTest {

    private static final Quota DAY = Quota.of(Unit.CALLS, 10, QuotaPeriod.day(ZoneOffset.UTC));
    private static final Tier MONTHS = tier(LimitTable.named("calls").eachOtherEndpoint(Quota.perMonth(10)));
    private static final Tier DAYS = tier(LimitTable.named("calls").eachOtherEndpoint(DAY));

    private final List<String> heard = new ArrayList<>();
    private final ManualTime time = new ManualTime();
    private final InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder()
            .tier(MONTHS)
            .timeSource(time)
            .listener(new RateLimitListener() {
                @Override
                public void onCarriedOver(Caller caller, Caller former, List<LimitStatus> charged) {
                    heard.add(caller + " from " + former + " " + used(charged));
                }
            });
    private InMemoryRateLimiter limiter = builder.build();

    private static Tier tier(LimitTable table) {
        return Tier.named("tier").table(table).build();
    }

    private static List<Long> used(List<LimitStatus> statuses) {
        return statuses.stream().map(LimitStatus::used).toList();
    }

    private void call(Tier tier, String endpoint, long calls) {
        assertThat(limiter.tryAcquire(acme(tier), endpoint, Usage.of(Unit.CALLS, calls))
                        .isAdmitted())
                .isTrue();
    }

    private static Caller acme(Tier tier) {
        return Caller.of("acme", tier);
    }

    private List<LimitStatus> carryOver(Tier tier, Tier former) {
        return limiter.admin().carryOver(acme(tier), acme(former));
    }

    @Test
    void whatWasChargedIsReturnedAndTold() {
        call(MONTHS, "chat", 3);
        call(MONTHS, "embed", 0);
        call(DAYS, "chat", 1);
        List<LimitStatus> charged = carryOver(DAYS, MONTHS);
        assertThat(charged).isEqualTo(limiter.status(acme(DAYS), "chat"));
        assertThat(used(charged)).containsExactly(4L);
        assertThat(heard).containsExactly(acme(DAYS) + " from " + acme(MONTHS) + " [4]");
    }

    @Test
    void nothingIsToldOrMadeWhereNothingWasUsed() {
        assertThat(carryOver(DAYS, MONTHS)).isEmpty();
        assertThat(limiter.stats().organizations()).isZero();
        call(MONTHS, "embed", 1);
        call(MONTHS, "chat", 0);
        assertThat(limiter.stats().meters()).isEqualTo(2);
        assertThat(carryOver(MONTHS, MONTHS)).isEmpty();
        assertThat(used(carryOver(DAYS, MONTHS))).containsExactly(1L);
        assertThat(limiter.stats().meters()).isEqualTo(3);
        assertThat(heard).hasSize(1);
    }

    @Test
    void aBillingDayThatChangesServesNoMonthTwice() {
        Tier fromThe15th = tier(months(15));
        Tier fromThe16th = tier(months(16));
        call(fromThe15th, "chat", 10);
        // sample: dev/ratelimit/core/AdminTools.java
        limiter.admin().carryOver(Caller.of("acme", fromThe16th), Caller.of("acme", fromThe15th));
        // end of sample
        assertThat(limiter.tryAcquire(acme(fromThe16th), "chat").isAdmitted()).isFalse();
    }

    private static LimitTable months(int from) {
        QuotaPeriod month = QuotaPeriod.monthFrom(from, ZoneOffset.UTC);
        return LimitTable.named("calls").eachOtherEndpoint(Quota.of(Unit.CALLS, 10, month));
    }

    /**
     * Whichever reading of a clock fails, the call that meets it has charged nothing: so the one that succeeds charges
     * each limit once.
     */
    @Test
    void aClockThatThrowsCarriesNothingOver() {
        FailingTime failing = new FailingTime(time);
        limiter = builder.timeSource(failing).build();
        call(MONTHS, "chat", 3);
        call(MONTHS, "embed", 2);
        call(MONTHS, "rerank", 1);
        int failures = 0;
        for (List<LimitStatus> charged = List.of(); charged.isEmpty(); ) {
            failing.failAt(failures + 1);
            try {
                charged = carryOver(DAYS, MONTHS);
                failing.failAt(0);
            } catch (FailingTime.Failure thrown) {
                failures++;
            }
        }
        assertThat(failures).isGreaterThan(6);
        for (Map.Entry<String, Long> each :
                Map.of("chat", 3L, "embed", 2L, "rerank", 1L).entrySet()) {
            assertThat(used(limiter.status(acme(DAYS), each.getKey()))).containsExactly(each.getValue());
        }
    }

    @Test
    void aSecondTimeChargesAgain() {
        call(MONTHS, "chat", 3);
        carryOver(DAYS, MONTHS);
        assertThat(used(carryOver(DAYS, MONTHS))).containsExactly(6L);
    }

    @Test
    void furtherEndpointsAreCarriedOverTogether() {
        limiter = builder.maxUnlistedEndpoints(1).build();
        call(MONTHS, "own", 1);
        call(MONTHS, "further", 2);
        call(MONTHS, "another", 3);
        assertThat(used(carryOver(DAYS, MONTHS))).containsExactlyInAnyOrder(1L, 5L);
        assertThat(used(limiter.status(acme(DAYS), "another"))).containsExactly(5L);
    }

    @Test
    void endpointsThatShareMetersUnderTheNewTierAddUp() {
        Tier named = tier(LimitTable.named("calls").each(Quota.perMonth(10), "chat", "embed", "rerank"));
        limiter = builder.maxUnlistedEndpoints(1).build();
        call(MONTHS, "own", 1);
        call(named, "chat", 2);
        call(named, "embed", 3);
        assertThat(used(carryOver(DAYS, named))).containsExactly(5L);
        assertThat(used(limiter.status(acme(DAYS), "rerank"))).containsExactly(5L);
    }

    @Test
    void limitsOfShadowTablesAndOfOtherAccountsAreCarriedOverToo() {
        Limit hour = RateLimit.perHour(10);
        Tier shadow = tier(LimitTable.named("calls").eachOtherEndpoint(hour).asShadow())
                .withAccount("production");
        call(MONTHS, "chat", 3);
        assertThat(used(carryOver(shadow, MONTHS))).containsExactly(3L);
        assertThat(used(limiter.status(acme(shadow), "chat"))).containsExactly(3L);
    }

    @Test
    void whatIsGrantedIsNotCarriedOver() {
        limiter.admin().grant("acme", MONTHS.limitsFor("chat").get(0), 5);
        call(MONTHS, "chat", 12);
        assertThat(carryOver(DAYS, MONTHS))
                .singleElement()
                .returns(12L, LimitStatus::used)
                .returns(0L, LimitStatus::granted)
                .returns(2L, LimitStatus::overrun);
    }

    @Test
    void theCallersMustBeOfOneOrganization() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.admin().carryOver(acme(DAYS), Caller.of("globex", MONTHS)))
                .withMessage("former must be of organization \"acme\": former=globex");
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefused() {
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.admin().carryOver(null, acme(DAYS)))
                .withMessage("caller");
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.admin().carryOver(acme(DAYS), null))
                .withMessage("former");
    }
}
