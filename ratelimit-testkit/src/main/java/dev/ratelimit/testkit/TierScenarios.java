package dev.ratelimit.testkit;

import static dev.ratelimit.Overrun.UNTIL_REACHED;
import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

/** Whose usage adds up, and what a change of tier keeps. */
abstract class TierScenarios extends Scenarios {

    private static final LimitTable TABLE = LimitTable.named("calls");
    private static final RateLimit PER_MINUTE = RateLimit.perMinute(2);

    TierScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Tier tier(LimitTable table) {
        return Tier.named("tier").table(table).build();
    }

    /** Says that usage under the one tier counts under the other. */
    private void shared(Tier one, Tier other) {
        begin();
        under(one).admits(1);
        under(other).used(1L).admits(1);
        under(one).used(2L);
    }

    private void shared(Limit one, Limit other) {
        shared(tierOf(one), tierOf(other));
    }

    /** Says that usage under the one tier does not count under the other, and is not lost by going there and back. */
    private void separate(Tier one, Tier other) {
        begin();
        under(one).admits(1);
        under(other).used(0L).admits(Usage.call().and(Unit.TOKENS, 1)).used(1L);
        under(one).used(1L);
    }

    private void separate(Limit one, Limit other) {
        separate(tierOf(one), tierOf(other));
    }

    @Test
    void allKeysOfAnOrganizationAddUpAndOtherOrganizationsAreNotTouched() {
        Caller oneKey = Caller.of("acme", tierOf(RateLimit.perMinute(100)));
        Caller otherKey = Caller.of("acme", tierOf(RateLimit.perMinute(100)));
        for (int i = 0; i < 50; i++) {
            assertThat(admits(oneKey) && admits(otherKey)).isTrue();
        }
        assertThat(admits(oneKey) || admits(otherKey)).isFalse();
        limits(RateLimit.perMinute(100)).from("umbrella").used(0L).admits(100).rejects(1, 60_000);
    }

    private boolean admits(Caller caller) {
        return limiter.tryAcquire(caller, "chat", Usage.call()).isAdmitted();
    }

    @Test
    void theCallerAndNotTheOrganizationDecidesTheTier() {
        limits(RateLimit.perMinute(1)).admits(1).rejects(1, 60_000);
        Caller caller = Caller.of("acme", tierOf(RateLimit.perMinute(3)));
        assertThat(limiter.status(caller, "chat").get(0).remaining()).isEqualTo(2);
        assertThat(limiter.peek(caller, "chat", calls(2)).isAdmitted()).isTrue();
        assertThat(admits(caller)).isTrue();
        assertThat(admits(caller)).isTrue();
        assertThat(admits(caller)).isFalse();
        used(3L);
    }

    @Test
    void whatIsUsedStaysUsedWhenTheAmountChanges() {
        limits(RateLimit.perMinute(100));
        at(0).admits(30);
        at(30_000).admits(30);
        limits(RateLimit.perMinute(200)).remaining(140L);
        limits(RateLimit.perMinute(50)).remaining(0L).rejects(1, 30_000).rejects(0, 30_000);
        limits(RateLimit.perMinute(100)).remaining(40L);
        limits(RateLimit.perMinute(50)).at(59_999).rejects(1, 1);
        at(60_000).remaining(20L).admits(20).rejects(1, 30_000);
    }

    @Test
    void aQuotaKeepsWhatIsUsedWhenTheAmountChanges() {
        limits(Quota.perMonth(100)).admits(60);
        limits(Quota.perMonth(200)).remaining(140L);
        limits(Quota.perMonth(50)).remaining(0L).rejects(1, Duration.ofDays(31));
        limits(Quota.perMonth(100)).remaining(40L).admits(40);
    }

    @Test
    void anotherWindowIsAnotherMeterAndNotTheOldOneStretched() {
        limits(RateLimit.perMinute(1));
        at(0).admits(1).rejects(1, 60_000);
        limits(RateLimit.perHour(60)).remaining(60L);
        at(30_000).admits(60).rejects(1, 3_600_000);
        limits(RateLimit.perMinute(1)).rejects(1, 30_000);
        at(60_000).admits(1);
    }

    @Test
    void accountsOfOneOrganizationAreSeparate() {
        Tier trial = tierOf(PER_MINUTE).withAccount("trial");
        separate(trial, trial.withAccount("production"));
        separate(trial, tierOf(PER_MINUTE));
        shared(tierOf(PER_MINUTE), tierOf(PER_MINUTE).withAccount(Tier.DEFAULT_ACCOUNT));
    }

    @Test
    void tiersThatDifferInAnythingButTheAmountAndHowItIsEnforcedAreSeparate() {
        separate(
                tier(TABLE.eachOtherEndpoint(PER_MINUTE)),
                tier(LimitTable.named("others").eachOtherEndpoint(PER_MINUTE)));
        separate(tier(TABLE.each(PER_MINUTE, "chat")), tier(TABLE.together("chat", PER_MINUTE, "chat")));
        separate(
                tier(TABLE.otherEndpointsTogether("all", PER_MINUTE)),
                tier(TABLE.otherEndpointsTogether("the others", PER_MINUTE)));
        separate(PER_MINUTE, RateLimit.of(Unit.TOKENS, 2, Duration.ofMinutes(1)));
        separate(PER_MINUTE, RateLimit.of(Unit.CALLS, 2, Duration.ofMinutes(1).plus(tick)));
        separate(Quota.perMonth(2), RateLimit.of(Unit.CALLS, 2, Duration.ofDays(31)));
        separate(Quota.perMonth(2), Quota.lifetime(Unit.CALLS, 2));
        separate(Quota.perMonth(2), Quota.of(Unit.CALLS, 2, QuotaPeriod.year(UTC)));
        separate(Quota.perMonth(2), Quota.of(Unit.CALLS, 2, QuotaPeriod.month(ZoneId.of("America/New_York"))));
        separate(Quota.perMonth(2), Quota.of(Unit.CALLS, 2, QuotaPeriod.monthFrom(15, UTC)));
    }

    @Test
    void tiersThatDifferInTheAmountOrInHowItIsEnforcedShare() {
        shared(PER_MINUTE, RateLimit.perMinute(3));
        shared(PER_MINUTE, RateLimit.of(Unit.CALLS, 2, Duration.ofSeconds(60)));
        shared(PER_MINUTE, PER_MINUTE.withPrecision(Precision.EXACT));
        shared(Quota.perMonth(2), Quota.perMonth(5).withOverrun(UNTIL_REACHED));
        shared(Quota.perMonth(2), Quota.of(Unit.CALLS, 2, QuotaPeriod.monthFrom(1, UTC)));
    }

    @Test
    void neitherTheNameOfTheTierNorTheOtherRowsOfATableMatter() {
        Tier tier = tier(TABLE.each(PER_MINUTE, "chat"));
        shared(
                tier,
                Tier.named("other")
                        .message("Too many.")
                        .table(TABLE.each(PER_MINUTE, "chat"))
                        .build());
        shared(tier, tier(TABLE.eachOtherEndpoint(PER_MINUTE)));
        shared(tier, tier(TABLE.each(RateLimit.perHour(9), "embed").each(PER_MINUTE, "rerank", "chat")));
    }
}
