package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What members are in memory, besides the contract: their states, and who drops them. */
@Tag("mutants")
class MembersTest {

    private static final Tier EACH = Tier.named("each user")
            .table(LimitTable.named("calls per user").allTogether(RateLimit.perHour(3)))
            .table(LimitTable.named("tokens per user").allTogether(Quota.perMonth(Unit.TOKENS, 10)))
            .build();

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls").allTogether(RateLimit.perMinute(1_000)))
            .member("user", EACH)
            .build();

    private final ManualTime time = new ManualTime();
    private InMemoryRateLimiter limiter = builder().build();

    private InMemoryRateLimiterBuilder builder() {
        return InMemoryRateLimiter.builder().tier(TRIAL).timeSource(time);
    }

    private static Caller user(String name) {
        return Caller.of("acme", TRIAL).member("user", name);
    }

    private long used(Caller caller) {
        List<LimitStatus> all = limiter.status(caller, "chat");
        return all.get(all.size() == 1 ? 0 : 1).used();
    }

    private void admits(Caller caller, long calls) {
        assertThat(limiter.tryAcquire(caller, "chat", Usage.of(Unit.CALLS, calls))
                        .isAdmitted())
                .isTrue();
    }

    private long members() {
        limiter.cleanUp();
        return limiter.stats().members();
    }

    @Test
    void anAdmittedCallOfMembersAllocatesNothing() {
        RateLimit unreached = RateLimit.perMinute(1L << 50);
        Tier each = Tier.named("each")
                .table(LimitTable.named("calls").allTogether(unreached))
                .build();
        Tier tier = Tier.named("all")
                .table(LimitTable.named("calls").allTogether(unreached))
                .member("project", each)
                .member("user", each)
                .build();
        limiter = builder().tier(tier).build();
        Caller[] callers = new Caller[100];
        Arrays.setAll(
                callers, i -> Caller.of("acme", tier).member("user", "u" + i).member("project", "p" + i % 2));
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < 60 && bytes > 1_000; round++) {
            Allocation allocation = new Allocation();
            for (int i = 0; i < 20_000; i++) {
                limiter.tryAcquire(callers[i % callers.length], "chat");
            }
            bytes = allocation.bytes();
        }
        assertThat(bytes).as("of 20,000 calls").isLessThan(1_000);
    }

    /** u2 shares for "y" what u1 shares for "z", and u1 has a meter of its own for "y". */
    @Test
    void anEndpointThatOneMemberSharesIsAnothersOwn() {
        Tier each = Tier.named("each")
                .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perHour(2)))
                .build();
        limiter = builder().maxUnlistedEndpoints(1).build();
        Caller u1 = Caller.of("acme", TRIAL).member("user", "u1", each);
        Caller u2 = Caller.of("acme", TRIAL).member("user", "u2", each);
        assertThat(limiter.tryAcquire(u1, "y", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire(u2, "x").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(u2, "y").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(u1, "z").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(u1, "y").isAdmitted()).isFalse();
        assertThat(limiter.tryAcquire(u1, "z").isAdmitted()).isTrue();
    }

    private static Tier callsPerHour(long calls) {
        return Tier.named("per hour")
                .table(LimitTable.named("calls").each(RateLimit.perHour(calls), "chat"))
                .build();
    }

    /** Whose tier changes keeps its meter, and the group of its last call is of another tier. */
    @Test
    void eachPartyIsDecidedByTheTierOfThisVeryCall() {
        Tier two = callsPerHour(2);
        Tier four = callsPerHour(4);
        Tier six = callsPerHour(6);
        for (int call = 0; call < 4; call++) { // after which what is given at each call is held
            Caller ofFour = Caller.of("acme " + call, six).member("user", "u1", four);
            Caller ofTwo = Caller.of("acme " + call, six).member("user", "u1", two);
            Caller underTwo = Caller.of("acme " + call, two).member("user", "u1", four);
            for (int i = 0; i <= call; i++) {
                assertThat(limiter.tryAcquire(ofFour, "chat").isAdmitted()).isTrue();
            }
            assertThat(limiter.tryAcquire(ofTwo, "chat").isAdmitted()).isEqualTo(call == 0);
            assertThat(limiter.tryAcquire(underTwo, "chat").isAdmitted()).isFalse();
            assertThat(limiter.tryAcquire(ofFour, "chat").isAdmitted()).isEqualTo(call < 3);
        }
    }

    /** An organization that was reset has another state, and its member still has the group of the former one. */
    @Test
    void aMemberIsChargedTogetherWithThePresentStateOfItsOrganization() {
        Tier one = callsPerHour(1);
        Caller caller = Caller.of("acme", one).member("user", "u1", callsPerHour(9));
        for (int i = 0; i < 4; i++) {
            assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isTrue();
            assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isFalse();
            limiter.admin().reset(Caller.of("acme", one));
        }
    }

    @Test
    void aPeekMakesNoMeter() {
        admits(user("u1"), 1);
        long meters = limiter.stats().meters();
        Caller withProject = user("u1")
                .member("project", "p", EACH)
                .withTiers(tier -> tier.withTable(LimitTable.named("more").allTogether(Quota.perDay(9))));
        assertThat(limiter.peek(withProject, "chat", Usage.call()).isAdmitted()).isTrue();
        assertThat(limiter.stats().meters()).isEqualTo(meters);
    }

    @Test
    void aMemberIsDroppedInEachAccount() {
        Caller elsewhere = Caller.of("acme", TRIAL.withAccount("elsewhere")).member("user", "u1");
        admits(user("u1"), 3);
        admits(elsewhere, 2);
        assertThat(members()).isEqualTo(2);
        assertThat(used(user("u1"))).isEqualTo(3);
        assertThat(used(elsewhere)).isEqualTo(2);
        time.advance(Duration.ofMinutes(30));
        admits(elsewhere, 1);
        time.advance(Duration.ofMinutes(30));
        assertThat(members()).as("in its account u1 is idle").isEqualTo(1);
        assertThat(used(elsewhere)).isEqualTo(1);
        time.advance(Duration.ofMinutes(30));
        assertThat(members()).isZero();
        assertThat(limiter.stats().organizations()).isZero();
    }

    @Test
    void anIdleMemberIsDroppedAndKeepsItsOrganizationUntilThen() {
        admits(user("u1"), 1);
        time.advance(Duration.ofMinutes(30));
        admits(user("u2"), 1);
        assertThat(members()).isEqualTo(2);
        time.advance(Duration.ofMinutes(30));
        assertThat(members()).as("u1 is idle").isEqualTo(1);
        assertThat(limiter.stats().organizations()).isEqualTo(1);
        assertThat(used(user("u2"))).isEqualTo(1);
        time.advance(Duration.ofMinutes(30));
        assertThat(members()).isZero();
        assertThat(limiter.stats().organizations()).isZero();
    }

    @Test
    void aMemberWhoseOrganizationIsForgottenIsForgottenToo() {
        admits(user("u1"), 2);
        Reservation open = limiter.reserve(user("u1"), "chat", Usage.call());
        limiter.admin().forget("acme");
        assertThat(limiter.stats().members()).isZero();
        assertThat(used(user("u1"))).isZero();
        assertThat(open.settle(Usage.of(Unit.CALLS, 3))).isTrue();
        assertThat(used(user("u1"))).as("what is settled beyond the estimate").isEqualTo(2);
        assertThat(used(Caller.of("acme", TRIAL))).isEqualTo(2);
        assertThat(members()).isEqualTo(1);
    }

    @Test
    void aResetOfAnOrganizationIsOneOfItsMembersAndLeavesTheirGrants() {
        AppliedLimit tokens =
                requireNonNull(limiter.status(user("u1"), "chat").get(2)).applied();
        assertThat(limiter.admin().grant(user("u1"), tokens, 5))
                .returns(5L, LimitStatus::granted)
                .returns(
                        Optional.of(new Member("user", "u1")),
                        status -> status.applied().member());
        admits(user("u1"), 2);
        admits(user("u2"), 1);
        limiter.admin().reset("acme");
        assertThat(used(user("u1"))).isZero();
        assertThat(used(user("u2"))).isZero();
        assertThat(limiter.status(user("u1"), "chat").get(2).granted()).isEqualTo(5);
        admits(user("u1"), 3);
        assertThat(used(user("u1"))).isEqualTo(3);
        assertThat(members()).isEqualTo(1);
    }

    @Test
    void aResetOfACallerIsOneOfThePartiesThatItNames() {
        admits(user("u1"), 2);
        admits(user("u2"), 1);
        limiter.admin().reset(user("u1"));
        assertThat(used(user("u1"))).isZero();
        assertThat(used(user("u2"))).isEqualTo(1);
        assertThat(used(Caller.of("acme", TRIAL))).isZero();
        admits(user("u2"), 2);
        assertThat(limiter.tryAcquire(user("u2"), "chat").isAdmitted()).isFalse();
        limiter.admin().forget(user("u2"));
        assertThat(used(user("u2"))).isZero();
        assertThat(members()).isZero();
    }

    @Test
    void aReservationOfAMemberThatIsResetGivesBackNothing() {
        Reservation open = limiter.reserve(user("u1"), "chat", Usage.of(Unit.CALLS, 2));
        limiter.admin().reset(user("u1"));
        admits(user("u1"), 1);
        assertThat(open.cancel()).isTrue();
        assertThat(used(user("u1"))).isEqualTo(1);
    }

    @Test
    void aPieceOfAMemberThatWasDroppedIsChargedToItsNewState() {
        Reservation open = limiter.reserve(user("u1"), "chat", Usage.call());
        time.advance(Duration.ofHours(2));
        assertThat(members()).isZero();
        assertThat(open.use(Usage.of(Unit.CALLS, 2)).isAdmitted()).isTrue();
        assertThat(used(user("u1"))).isEqualTo(1);
        assertThat(open.settle(Usage.of(Unit.CALLS, 4))).isTrue();
        assertThat(used(user("u1"))).isEqualTo(3);
        assertThat(used(Caller.of("acme", TRIAL))).isEqualTo(3);
    }

    @Test
    void membersShareUntilWhatTheyShareIsIdle() {
        limiter = builder().maxMembers(1).build();
        admits(user("u1"), 1);
        admits(user("u2"), 1);
        assertThat(limiter.stats().sharedMembers()).isEqualTo(1);
        time.advance(Duration.ofMinutes(40));
        admits(user("u3"), 1);
        time.advance(Duration.ofMinutes(40));
        assertThat(members()).as("u1 is idle, and u4 shares all the same").isEqualTo(1);
        admits(user("u4"), 1);
        assertThat(used(user("u3"))).isEqualTo(2);
        time.advance(Duration.ofHours(2));
        assertThat(members()).isZero();
        admits(user("u4"), 1);
        admits(user("u3"), 1);
        assertThat(used(user("u4"))).isEqualTo(1);
        assertThat(limiter.stats().sharedMembers()).isEqualTo(1);
    }

    @Test
    void aHostIsToldOnceThatMembersShare() {
        FailureLog log = new FailureLog();
        OrganizationStore store = new OrganizationStore(
                new Clocks(time),
                new Listeners(List.of(), new ThrottledLog(time, () -> log)),
                new OrganizationStore.Bounds(10, 1, 10),
                CapacityPolicy.REFUSE,
                null);
        for (String name : List.of("u1", "u2", "u3")) {
            assertThat(store.tryAcquire(user(name), "chat", Usage.call(), null).isAdmitted())
                    .isTrue();
        }
        assertThat(log.messages)
                .containsExactly("WARNING An organization has as many members as may have meters of their own, and"
                        + " further ones share some; organization=acme, kind=user, maxMembers=1, suppressed=0");
    }

    @Test
    void membersAreInASnapshot() throws IOException {
        limiter = builder().maxMembers(1).build();
        admits(user("u1"), 2);
        admits(user("u2"), 1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        limiter.snapshot(out);
        limiter = builder().maxMembers(1).restore(new ByteArrayInputStream(out.toByteArray()));
        assertThat(used(user("u1"))).isEqualTo(2);
        assertThat(used(user("u3"))).as("shared with u2").isEqualTo(1);
        assertThat(limiter.stats().members()).isEqualTo(2);
        time.advance(Duration.ofMinutes(30));
        assertThat(members()).isEqualTo(2);
        time.advance(Duration.ofMinutes(30));
        assertThat(members()).isZero();
        assertThat(limiter.stats().organizations()).isZero();
    }

    @Test
    void aQuestionMakesNoState() {
        limiter.peek(user("u1"), "chat", Usage.call());
        limiter.status(user("u1"), "chat");
        limiter.status(user("u1"));
        assertThat(limiter.stats().organizations()).isZero();
        admits(Caller.of("acme", TRIAL), 1);
        limiter.peek(user("u1"), "chat", Usage.call());
        limiter.status(user("u1"));
        assertThat(limiter.stats().members()).isZero();
    }

    @Test
    void aCallOfMoreLimitsThanFramesIsAllOrNothing() {
        Tier many = Tier.named("many").build();
        for (int i = 0; i < 12; i++) {
            many = many.withTable(LimitTable.named("table " + i).allTogether(Quota.lifetime(Unit.CALLS, 2 + i)));
        }
        Caller caller = Caller.of("acme", many).member("user", "u1", many);
        admits(caller, 2);
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isFalse();
        assertThat(limiter.status(caller, "chat")).hasSize(24).allMatch(status -> status.used() == 2);
        assertThat(limiter.admin()).isNotNull();
    }
}
