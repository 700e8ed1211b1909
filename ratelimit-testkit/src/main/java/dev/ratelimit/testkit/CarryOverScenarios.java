package dev.ratelimit.testkit;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** A change of plan that is carried over by hand. */
abstract class CarryOverScenarios extends Scenarios {

    private static final Duration DAY = Duration.ofDays(1);

    CarryOverScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @BeforeEach
    void theBackendCarriesOver() {
        Caller nobody = Caller.of("nobody", tierOf());
        assumeTrue(contract.carryOver(limiter, nobody, nobody), "the backend carries nothing over");
    }

    private Scenarios carriesOver(Tier from, Tier to) {
        contract.carryOver(limiter, Caller.of("acme", to), Caller.of("acme", from));
        return under(to);
    }

    private static Quota monthFrom(int day, long calls) {
        return Quota.of(Unit.CALLS, calls, QuotaPeriod.monthFrom(day, UTC));
    }

    private static Tier together(String table, Limit limit) {
        return Tier.named("tier")
                .table(LimitTable.named(table).together("chat and embed", limit, "chat", "embed"))
                .build();
    }

    @Test
    void whatWasUsedSinceTheFormerBillingDayCountsUntilTheNewOne() {
        begin(new ManualTime(Instant.parse("2025-03-20T00:00:00Z"), 0));
        Tier from = tierOf(monthFrom(15, 1_000));
        Tier to = tierOf(monthFrom(16, 1_000));
        under(from).admits(1_000);
        carriesOver(from, to).remaining(0L).rejects(1, DAY.multipliedBy(27));
        after(DAY.multipliedBy(27)).remaining(1_000L).admits(1_000);
    }

    @Test
    void withoutItANewBillingDayBeginsWithNothing() {
        under(tierOf(monthFrom(15, 1_000))).admits(1_000);
        under(tierOf(monthFrom(16, 1_000))).admits(1_000);
    }

    @Test
    void whatDoesNotFitIsChargedToo() {
        Tier from = tierOf(monthFrom(15, 1_000));
        Tier to = tierOf(monthFrom(16, 300));
        under(from).admits(800);
        under(to).admits(100);
        carriesOver(from, to).used(900L).overrun(600L);
        under(from).used(800L);
    }

    @Test
    void aWindowIsCarriedOverToAWindowAndCountsFromNowOn() {
        Tier from = tierOf(RateLimit.perMinute(10));
        Tier to = tierOf(RateLimit.perHour(10));
        under(from).admits(4).after(Duration.ofSeconds(30)).admits(2);
        carriesOver(from, to).used(6L).admits(4).rejects(1, Duration.ofHours(1));
        after(Duration.ofHours(1)).used(0L);
    }

    @Test
    void aWindowThatIsOverIsNotCarriedOver() {
        Tier from = tierOf(RateLimit.perMinute(10));
        under(from)
                .admits(4)
                .after(Duration.ofMinutes(1))
                .admits(2)
                .after(Duration.ofSeconds(30))
                .admits(1);
        after(Duration.ofSeconds(30));
        carriesOver(from, tierOf(RateLimit.perHour(10))).used(1L);
    }

    @Test
    void quotasAndWindowsAreCarriedOverToEachOther() {
        Tier window = tierOf(RateLimit.perHour(10));
        Tier quota = tierOf(Quota.perMonth(10));
        Tier lifetime = tierOf(Quota.lifetime(Unit.CALLS, 10));
        under(window).admits(4);
        carriesOver(window, quota).used(4L).admits(1);
        carriesOver(quota, lifetime).used(5L).admits(1);
        carriesOver(lifetime, tierOf(RateLimit.perMinute(10))).used(6L).rejects(5, Duration.ofMinutes(1));
    }

    @Test
    void limitsOfOneSpanShareAMeterAndAreNotChargedAgain() {
        Tier from = tierOf(Quota.perMonth(10), RateLimit.perMinute(10));
        Tier to = tierOf(Quota.perMonth(20), RateLimit.perHour(20));
        under(from).admits(4);
        carriesOver(from, to).used(4L, 4L);
    }

    @Test
    void anotherUnitTableOrScopeIsNotCarriedOver() {
        Tier from = Tier.named("tier")
                .table(LimitTable.named("a").eachOtherEndpoint(Quota.perMonth(10)))
                .table(LimitTable.named("b").together("group", Quota.perMonth(10), "chat"))
                .table(LimitTable.named("c").eachOtherEndpoint(Quota.perMonth(10)))
                .build();
        Tier to = Tier.named("tier")
                .table(LimitTable.named("a").eachOtherEndpoint(Quota.of(Unit.TOKENS, 10, QuotaPeriod.day(UTC))))
                .table(LimitTable.named("b").each(Quota.of(Unit.CALLS, 10, QuotaPeriod.day(UTC)), "chat"))
                .table(LimitTable.named("d").eachOtherEndpoint(Quota.of(Unit.CALLS, 10, QuotaPeriod.day(UTC))))
                .build();
        under(from).admits(4).used(4L, 4L, 4L);
        carriesOver(from, to).used(0L, 0L, 0L);
    }

    @Test
    void aGroupIsCarriedOverOnce() {
        Tier from = together("group", Quota.perMonth(10));
        Tier to = together("group", Quota.of(Unit.CALLS, 10, QuotaPeriod.day(UTC)));
        under(from).calling("chat").admits(2).calling("embed").admits(3);
        carriesOver(from, to).used(5L).calling("chat").used(5L);
    }

    @Test
    void endpointsThatNoTableNamesAreCarriedOverEachByItself() {
        Tier from = tierOf(Quota.perMonth(10));
        Tier to = Tier.named("tier")
                .table(LimitTable.named("table 0")
                        .each(Quota.of(Unit.CALLS, 5, QuotaPeriod.day(UTC)), "chat")
                        .eachOtherEndpoint(RateLimit.perHour(10)))
                .build();
        under(from)
                .calling("chat")
                .admits(1)
                .calling("embed")
                .admits(2)
                .calling("rerank")
                .admits(3);
        carriesOver(from, to).used(3L).calling("embed").used(2L).calling("chat").used(1L);
        carriesOver(to, from)
                .used(2L)
                .calling("embed")
                .used(4L)
                .calling("rerank")
                .used(6L);
    }

    @RepeatedTest(10)
    void inAnyHistoryWhatIsUsedThenIsWhatTheReferenceSays(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        RandomTraffic traffic = new RandomTraffic(repetition.getCurrentRepetition(), tick);
        begin(traffic.time());
        ReferenceRateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        for (int step = 0; step < 200; step++) {
            Caller caller = traffic.caller();
            String endpoint = traffic.endpoint();
            Usage usage = traffic.usage();
            String call = "step %d: %s, %s, %s at %s".formatted(step, caller, endpoint, usage, time);
            if (random.nextInt(10) == 0) {
                Caller former =
                        Caller.of(caller.organization(), traffic.caller().tier());
                assertThat(contract.carryOver(limiter, caller, former)).isTrue();
                reference.carryOver(caller, former);
                call += " carried over from " + former;
                assertThat(limiter.status(former)).as(call).isEqualTo(reference.status(former));
            }
            assertThat(limiter.status(caller)).as(call).isEqualTo(reference.status(caller));
            Decision decision = limiter.tryAcquire(caller, endpoint, usage);
            assertThat(decision).as(call).isEqualTo(reference.tryAcquire(caller, endpoint, usage));
            assertThat(limiter.status(RandomTraffic.WATCHER, endpoint))
                    .as(call)
                    .isEqualTo(reference.status(RandomTraffic.WATCHER, endpoint));
            traffic.pass(time, decision);
        }
    }

    @Test
    void oneOrganizationIsNotCarriedOverToAnother() {
        Tier tier = tierOf(Quota.perMonth(10));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> contract.carryOver(limiter, Caller.of("acme", tier), Caller.of("globex", tier)))
                .withMessage("former must be of organization \"acme\": former=globex");
    }
}
