package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What several limiters with one store of quotas admit together, and what they show of it. */
class StoredQuotasOnMachinesTest extends OneStoreTest {

    @Test
    void ofAmountsOfAHundredForEachMachineAtLeastNinetyNineInAHundredIsAdmittedBeforeTheFirstRefusal() {
        for (int machines = 1; machines <= 8; machines++) {
            tier = tier(Quota.of(Unit.CALLS, 100L * machines, QuotaPeriod.every(Duration.ofDays(machines))));
            List<InMemoryRateLimiter> all = new ArrayList<>();
            for (int i = 0; i < machines; i++) {
                all.add(machine());
            }
            int admitted = 0;
            while (admits(all.get(admitted % machines))) {
                admitted++;
            }
            assertThat(admitted).as("%d machines", machines).isBetween(99 * machines, 100 * machines);
            time.advance(SECOND.multipliedBy(2));
            for (InMemoryRateLimiter limiter : all) {
                admitted += admitted(limiter, 1_000);
            }
            assertThat(admitted).isEqualTo(100 * machines);
        }
    }

    @Test
    void whatAMachineHeldWhenItCrashedStaysCharged() {
        InMemoryRateLimiter crashed = machine();
        assertThat(admits(crashed)).isTrue();
        long held = taken();
        InMemoryRateLimiter other = machine();
        assertThat(admitted(other, 200)).isEqualTo(100 - held);
    }

    @Test
    void aCallUnderTwoQuotasIsChargedToBothOrNone() {
        tier = Tier.named("t")
                .table(LimitTable.named("calls").eachOtherEndpoint(Quota.perMonth(10)))
                .table(LimitTable.named("tokens").eachOtherEndpoint(Quota.perMonth(Unit.TOKENS, 35)))
                .build();
        InMemoryRateLimiter limiter = machine();
        Usage usage = Usage.of(Unit.TOKENS, 10);
        int admitted = 0;
        for (int i = 0; i < 20; i++) {
            admitted += limiter.tryAcquire("acme", "chat", usage).isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(3);
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(3L, 30L);
        limiter.close();
        assertThat(taken()).isEqualTo(33);
    }

    @Test
    void whatIsUsedBeyondALeaseIsChargedLaterAndGivenBackToThePeriodOfTheCall() {
        tier = tier(Quota.of(Unit.TOKENS, 100, QuotaPeriod.day(ZoneOffset.UTC)));
        InMemoryRateLimiter limiter = machine();
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10));
        Reservation other = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 50));
        assertThat(reservation.settle(Usage.of(Unit.TOKENS, 90))).isTrue();
        assertThat(used(limiter)).isEqualTo(140);
        time.advance(SECOND.multipliedBy(3));
        assertThat(taken()).isEqualTo(140);
        time.advance(Duration.ofDays(1));
        assertThat(used(limiter)).isZero();
        assertThat(other.settle(Usage.of(Unit.TOKENS, 20))).isTrue();
        time.advance(SECOND.multipliedBy(3));
        assertThat(taken()).isEqualTo(110);
    }

    @Test
    void untilReachedEachMachineMayOverrunByOneCall() {
        tier = tier(Quota.perMonth(Unit.TOKENS, 40).withOverrun(Overrun.UNTIL_REACHED));
        InMemoryRateLimiter one = machine();
        InMemoryRateLimiter two = machine();
        Usage usage = Usage.of(Unit.TOKENS, 30);
        int admitted = 0;
        for (int i = 0; i < 10; i++) {
            admitted += one.tryAcquire("acme", "chat", usage).isAdmitted() ? 1 : 0;
            admitted += two.tryAcquire("acme", "chat", usage).isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isBetween(2, 3);
        assertThat(one.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 1)).isAdmitted())
                .isFalse();
    }

    @Test
    void aGrantIsSeenByOtherMachinesASecondLater() {
        InMemoryRateLimiter one = machine();
        InMemoryRateLimiter two = machine();
        assertThat(admitted(one, 200) + admitted(two, 200)).isEqualTo(100);
        AppliedLimit quota = one.status("acme", "chat").get(0).applied();
        assertThat(one.admin().grant("acme", quota, 10).granted()).isEqualTo(10);
        time.advance(SECOND);
        assertThat(admitted(two, 50)).isEqualTo(10);
    }

    @Test
    void aResetLeavesWhatOthersHold() {
        InMemoryRateLimiter one = machine();
        InMemoryRateLimiter two = machine();
        assertThat(admitted(one, 5) + admitted(two, 5)).isEqualTo(10);
        time.advance(SECOND); // what is used is told
        long held = two.quotaStats().unusedUnits();
        one.admin().reset("acme");
        assertThat(taken()).isEqualTo(held);
        assertThat(admitted(one, 200)).isEqualTo((int) (100 - held));
        assertThat(admitted(two, (int) held)).isEqualTo((int) held);
        one.admin().forget("acme");
        assertThat(used(one)).isZero();
    }

    @Test
    void membersHaveCountersOfTheirOwn() {
        tier = Tier.named("t")
                .table(LimitTable.named("quota").eachOtherEndpoint(Quota.perMonth(100)))
                .member("user", tier(Quota.perMonth(3)))
                .build();
        InMemoryRateLimiter limiter = machine();
        Caller user = limiter.caller("acme").member("user", "u7");
        int admitted = 0;
        for (int i = 0; i < 10; i++) {
            admitted += limiter.tryAcquire(user, "chat").isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(3);
        assertThat(store.keys()).extracting(key -> key.member().isPresent()).containsExactlyInAnyOrder(true, false);
        limiter.close();
        assertThat(taken()).isEqualTo(6);
    }
}
