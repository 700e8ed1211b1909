package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mutants")
class AdminToolsTest {

    private static final Quota MONTH = Quota.perMonth(10);
    private static final Duration UNTIL_FEBRUARY = Duration.ofDays(31);

    private final ManualTime time = new ManualTime();
    private final List<String> heard = new ArrayList<>();
    private final InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder()
            .tier(tier(MONTH))
            .timeSource(time)
            .listener(new RateLimitListener() {
                @Override
                public void onGranted(Caller caller, LimitStatus status) {
                    heard.add("granted " + caller.organization() + " " + status.granted());
                }

                @Override
                public void onReset(String organization) {
                    heard.add("reset " + organization);
                }

                @Override
                public void onForgotten(String organization) {
                    heard.add("forgotten " + organization);
                }
            });
    private InMemoryRateLimiter limiter = builder.build();

    private static Tier tier(Quota quota) {
        return Tier.named("tier")
                .table(LimitTable.named("minutes").eachOtherEndpoint(RateLimit.perMinute(1_000)))
                .table(LimitTable.named("months").each(quota, "chat").eachOtherEndpoint(quota))
                .build();
    }

    private static AppliedLimit monthsOf(String endpoint, Quota quota) {
        return AppliedLimit.of("months", new Scope.Endpoint(endpoint), quota);
    }

    private LimitStatus grant(String endpoint, long units) {
        return limiter.admin().grant("acme", monthsOf(endpoint, MONTH), units);
    }

    private boolean admits(String endpoint, long calls) {
        return limiter.tryAcquire("acme", endpoint, Usage.of(Unit.CALLS, calls)).isAdmitted();
    }

    private LimitStatus month(String endpoint) {
        return limiter.status("acme", endpoint).get(1);
    }

    @Test
    void whatIsGrantedMayBeUsedBeyondTheAmountUntilThePeriodEnds() {
        assertThat(admits("chat", 10)).isTrue();
        assertThat(admits("chat", 1)).isFalse();
        assertThat(grant("chat", 5)).isEqualTo(month("chat"));
        assertThat(month("chat"))
                .isEqualTo(LimitStatus.of(monthsOf("chat", MONTH), 10, 5, Optional.of(UNTIL_FEBRUARY)));
        assertThat(admits("chat", 6)).isFalse();
        assertThat(admits("chat", 5)).isTrue();
        assertThat(admits("chat", 1)).isFalse();
        assertThat(month("chat").overrun()).isZero();
        time.advance(UNTIL_FEBRUARY);
        assertThat(month("chat")).returns(0L, LimitStatus::granted).returns(10L, LimitStatus::remaining);
        assertThat(admits("chat", 11)).isFalse();
        assertThat(admits("chat", 10)).isTrue();
    }

    @Test
    void aCallOfMoreThanTheAmountIsAdmittedWhileTheGrantLastsAndOtherwiseNever() {
        grant("chat", 5);
        assertThat(admits("chat", 15)).isTrue();
        Rejected rejected = (Rejected) limiter.peek("acme", "chat", Usage.of(Unit.CALLS, 11));
        assertThat(rejected.retryAfter()).isEmpty();
        rejected = (Rejected) limiter.peek("acme", "chat", Usage.of(Unit.CALLS, 10));
        assertThat(rejected.retryAfter()).contains(UNTIL_FEBRUARY);
    }

    @Test
    void grantsAddUpAndAreTakenBack() {
        assertThat(grant("chat", 5).granted()).isEqualTo(5);
        assertThat(grant("chat", 3).granted()).isEqualTo(8);
        assertThat(admits("chat", 18)).isTrue();
        assertThat(grant("chat", -6))
                .returns(2L, LimitStatus::granted)
                .returns(0L, LimitStatus::remaining)
                .returns(6L, LimitStatus::overrun);
        assertThat(grant("chat", -6).granted()).isZero();
        long most = 1L << 53;
        assertThat(grant("chat", most).granted()).isEqualTo(most);
        assertThat(grant("chat", most).granted()).isEqualTo(most);
        assertThat(grant("chat", -most).granted()).isZero();
        assertThat(heard)
                .containsExactly(
                        "granted acme 5",
                        "granted acme 8",
                        "granted acme 2",
                        "granted acme 0",
                        "granted acme " + most,
                        "granted acme " + most,
                        "granted acme 0");
    }

    @Test
    void aQuotaThatAdmitsTheLastCallWhateverItUsesDoesSoBeyondAGrantToo() {
        Quota quota = MONTH.withOverrun(Overrun.UNTIL_REACHED);
        Caller caller = Caller.of("acme", tier(quota));
        limiter.admin().grant(caller, monthsOf("chat", quota), 5);
        assertThat(limiter.tryAcquire(caller, "chat", Usage.of(Unit.CALLS, 14)).isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire(caller, "chat", Usage.of(Unit.CALLS, 14)).isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire(caller, "chat", Usage.of(Unit.CALLS, 0)).isAdmitted())
                .isFalse();
        assertThat(limiter.status(caller, "chat").get(1).overrun()).isEqualTo(13);
    }

    @Test
    void aGrantStaysWithTheMeterWhenTheAmountChanges() {
        grant("chat", 5);
        Caller raised = Caller.of("acme", tier(Quota.perMonth(20)));
        assertThat(limiter.status(raised, "chat").get(1).remaining()).isEqualTo(25);
    }

    @Test
    void aGrantBeforeTheFirstCallIsKeptWhileNothingIsUsed() throws IOException {
        grant("chat", 5);
        limiter.cleanUp();
        assertThat(month("chat").granted()).isEqualTo(5);
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        limiter.snapshot(snapshot);
        limiter = builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
        assertThat(month("chat").granted()).isEqualTo(5);
        time.advance(UNTIL_FEBRUARY);
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isZero();
    }

    @Test
    void whatIsUsedOfAGrantGoesOnAfterARestart() throws IOException {
        grant("chat", 5);
        assertThat(admits("chat", 12)).isTrue();
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        limiter.snapshot(snapshot);
        limiter = builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
        assertThat(month("chat")).returns(12L, LimitStatus::used).returns(5L, LimitStatus::granted);
        assertThat(admits("chat", 4)).isFalse();
        assertThat(admits("chat", 3)).isTrue();
    }

    @Test
    void aGrantInAMonthThatIsOverIsForThePresentOne() {
        assertThat(admits("chat", 10)).isTrue();
        time.advance(UNTIL_FEBRUARY);
        assertThat(grant("chat", 5)).returns(0L, LimitStatus::used).returns(15L, LimitStatus::remaining);
    }

    @Test
    void anEndpointThatNoTableNamesIsGrantedWhereItIsMetered() {
        limiter = builder.maxUnlistedEndpoints(1).build();
        assertThat(admits("embed", 10)).isTrue();
        assertThat(admits("rerank", 10)).isTrue();
        assertThat(grant("classify", 5).applied().scope().name()).isEqualTo("(further endpoints)");
        assertThat(admits("rerank", 5)).isTrue();
        grant("embed", 1);
        assertThat(admits("embed", 1)).isTrue();
        assertThat(admits("embed", 1)).isFalse();
    }

    @Test
    void whatCannotBeGrantedIsRefused() {
        Caller caller = Caller.of("acme", tier(MONTH));
        AppliedLimit minute = AppliedLimit.of("minutes", new Scope.Endpoint("chat"), RateLimit.perMinute(1_000));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.admin().grant(caller, minute, 5))
                .withMessageStartingWith("quota must be a quota: quota=1,000 calls per minute");
        AppliedLimit other = monthsOf("chat", Quota.perMonth(11));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.admin().grant(caller, other, 5))
                .withMessageStartingWith("quota must be a limit of tier \"tier\": quota=11 calls per calendar month");
        AppliedLimit group = AppliedLimit.of("months", new Scope.Group("all"), MONTH);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.admin().grant(caller, group, 5))
                .withMessageContaining("group \"all\"");
        for (long units : new long[] {Long.MIN_VALUE, -(1L << 53) - 1, (1L << 53) + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> grant("chat", units))
                    .withMessage("units must be >= -2^53 and <= 2^53: units=" + units);
        }
        assertThat(heard).isEmpty();
        assertThat(limiter.stats().organizations()).isZero();
    }

    @Test
    void aResetSetsWhatIsUsedToNothingAndKeepsWhatWasGranted() {
        grant("chat", 5);
        grant("embed", 7);
        assertThat(admits("chat", 15)).isTrue();
        Reservation open = limiter.reserve("acme", "embed", Usage.of(Unit.CALLS, 6));
        limiter.admin().reset("acme");
        limiter.admin().reset("nobody");
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(0L, 0L);
        assertThat(month("chat").remaining()).isEqualTo(15);
        assertThat(month("embed")).returns(0L, LimitStatus::used).returns(17L, LimitStatus::remaining);
        assertThat(open.settle(Usage.of(Unit.CALLS, 9))).isTrue();
        assertThat(month("embed").used()).isEqualTo(3);
        assertThat(heard).containsExactly("granted acme 5", "granted acme 7", "reset acme");
    }

    @Test
    void aResetIsToldAsLongAsThereIsState() {
        assertThat(admits("chat", 1)).isTrue();
        limiter.admin().reset("acme");
        limiter.admin().reset("acme");
        limiter.cleanUp();
        limiter.admin().reset("acme");
        assertThat(heard).containsExactly("reset acme", "reset acme");
    }

    @Test
    void aForgottenOrganizationWasGrantedNothing() {
        grant("chat", 5);
        limiter.admin().forget("acme");
        limiter.admin().forget("nobody");
        assertThat(month("chat").granted()).isZero();
        assertThat(heard).containsExactly("granted acme 5", "forgotten acme");
    }

    @Test
    void whatAReservationIsSettledForBeyondItsEstimateIsChargedAfterItsOrganizationWasForgotten() {
        Reservation open = limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 6));
        limiter.admin().forget("acme");
        assertThat(open.settle(Usage.of(Unit.CALLS, 9))).isTrue();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(3L, 3L);
    }

    @Test
    void anOrganizationThatWasResetIsDroppedWhenItIsIdle() {
        assertThat(admits("chat", 1)).isTrue();
        limiter.admin().reset("acme");
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isZero();
    }

    @Test
    void anOrganizationIsGrantedSomethingBeThereAsManyAsThereMayBe() {
        limiter = builder.maxOrganizations(1, CapacityPolicy.REFUSE).build();
        assertThat(limiter.tryAcquire("globex", "chat").isAdmitted()).isTrue();
        assertThat(admits("chat", 1)).isFalse();
        grant("chat", 5);
        assertThat(admits("chat", 15)).isTrue();
    }

    @Test
    void aGrantEndsWithItsPeriodAlsoWhereThatIsNoticedByAReset() {
        grant("chat", 5);
        time.advance(UNTIL_FEBRUARY);
        limiter.admin().reset("acme");
        assertThat(month("chat").granted()).isZero();
        assertThat(admits("chat", 11)).isFalse();
    }

    @Test
    void aResetKeepsWhatEndpointsAreMeteredBy() {
        limiter = builder.maxUnlistedEndpoints(1).build();
        assertThat(admits("embed", 1)).isTrue();
        assertThat(admits("rerank", 1)).isTrue();
        grant("rerank", 5);
        limiter.admin().reset("acme");
        assertThat(month("rerank").granted()).isEqualTo(5);
        assertThat(month("embed").granted()).isZero();
        assertThat(limiter.status("acme"))
                .filteredOn(status -> status.granted() > 0)
                .singleElement()
                .extracting(status -> status.applied().scope().name())
                .isEqualTo("(further endpoints)");
    }

    /** Calls and snapshots at every reading of a clock while a reset is under way. */
    @Test
    void whatWasGrantedIsThereWhileAResetIsUnderWay() {
        List<Long> granted = new ArrayList<>();
        boolean[] resetting = {false};
        limiter = builder.timeSource(new TimeSource() {
                    @Override
                    public long nanoTime() {
                        look();
                        return time.nanoTime();
                    }

                    @Override
                    public Instant instant() {
                        look();
                        return time.instant();
                    }

                    private void look() {
                        if (resetting[0]) {
                            resetting[0] = false;
                            granted.add(month("chat").granted());
                            resetting[0] = true;
                        }
                    }
                })
                .build();
        grant("chat", 5);
        resetting[0] = true;
        limiter.admin().reset("acme");
        resetting[0] = false;
        granted.add(month("chat").granted());
        assertThat(granted).hasSizeGreaterThan(1).containsOnly(5L);
    }
}
