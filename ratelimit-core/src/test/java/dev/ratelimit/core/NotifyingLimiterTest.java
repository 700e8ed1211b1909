package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a limiter tells its listeners, and when. */
@Tag("mutants")
class NotifyingLimiterTest {

    private static final Usage TEN_TOKENS = Usage.of(Unit.TOKENS, 10);

    private final ManualTime time = new ManualTime();
    private final List<String> heard = new ArrayList<>();
    private final Tier tier = tier(100);

    private static Tier tier(long tokens) {
        return Tier.named("tier")
                .table(LimitTable.named("tokens")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, tokens, Duration.ofMinutes(1))))
                .build();
    }

    private InMemoryRateLimiter limiter(RateLimitListener... listeners) {
        InMemoryRateLimiterBuilder builder =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time);
        for (RateLimitListener listener : listeners) {
            builder.listener(listener);
        }
        return builder.build();
    }

    /** Notes what it hears. */
    private class Notes implements RateLimitListener {

        private final List<Double> share;

        Notes(List<Double> share) {
            this.share = share;
        }

        @Override
        public void onAdmitted(Caller caller, String endpoint, Usage usage) {
            heard.add("admitted " + caller.organization() + " " + endpoint + " " + usage);
        }

        @Override
        public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
            heard.add("rejected " + usage + " " + rejected.retryAfter());
        }

        @Override
        public void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
            heard.add("would reject " + usage + " " + rejected.retryAfter());
        }

        @Override
        public void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
            heard.add("settled " + estimate + " as " + actual);
        }

        @Override
        public void onCancelled(Caller caller, String endpoint, Usage estimate) {
            heard.add("cancelled " + estimate);
        }

        @Override
        public List<Double> nearLimitAt() {
            return share;
        }

        @Override
        public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
            heard.add("near at " + status.used());
        }

        @Override
        public void onForgotten(String organization) {
            heard.add("forgotten " + organization);
        }
    }

    @Test
    void decisionsAndTheEndsOfReservationsAreToldOnce() {
        InMemoryRateLimiter limiter = limiter(new Notes(List.of()));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 60));
        limiter.tryAcquire(Caller.of("acme", tier), "chat", Usage.of(Unit.TOKENS, 41));
        limiter.peek("acme", "chat", TEN_TOKENS);
        limiter.status("acme", "chat");
        Reservation settled = limiter.reserve("acme", "chat", TEN_TOKENS);
        settled.use(Usage.of(Unit.TOKENS, 109));
        settled.settle(Usage.of(Unit.TOKENS, 7));
        settled.settle(Usage.of(Unit.TOKENS, 8));
        settled.cancel();
        limiter.reserve("acme", "chat", TEN_TOKENS).cancel();
        limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 34)).settle(TEN_TOKENS);
        assertThat(heard)
                .containsExactly(
                        "admitted acme chat 60 tokens",
                        "rejected 41 tokens Optional[PT1M]",
                        "admitted acme chat 10 tokens",
                        "rejected 109 tokens Optional[PT1M]",
                        "settled 10 tokens as 7 tokens",
                        "admitted acme chat 10 tokens",
                        "cancelled 10 tokens",
                        "rejected 34 tokens Optional[PT1M]");
    }

    @Test
    void aReservationIsToldAsOpenBehindItsAdmission() {
        InMemoryRateLimiter limiter = limiter(new Notes(List.of()) {
            @Override
            public void onReserved(Caller caller, String endpoint, Usage estimate) {
                heard.add("reserved " + caller.organization() + " " + endpoint + " " + estimate);
            }
        });
        limiter.tryAcquire("acme", "chat", TEN_TOKENS);
        limiter.reserve("acme", "chat", TEN_TOKENS).cancel();
        limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 91));
        assertThat(heard)
                .containsExactly(
                        "admitted acme chat 10 tokens",
                        "admitted acme chat 10 tokens",
                        "reserved acme chat 10 tokens",
                        "cancelled 10 tokens",
                        "rejected 91 tokens Optional[PT1M]");
    }

    /** Notes the answers to calls that wait. */
    private final class Waits implements RateLimitListener {

        @Override
        public void onWaited(Caller caller, String endpoint, Decision decision, Duration waited) {
            heard.add(caller.organization() + " " + endpoint + " " + decision.isAdmitted() + " after " + waited);
        }
    }

    @Test
    void theWaitOfACallThatWaitsIsToldWithItsAnswer() throws Exception {
        InMemoryRateLimiter limiter = limiter(new Waits());
        WaitingLimiter patient = limiter.waiting(Duration.ofMinutes(1));
        Usage all = Usage.of(Unit.TOKENS, 100);
        patient.acquire("acme", "chat", all);
        time.advance(Duration.ofSeconds(20));
        assertThat(patient.acquire("acme", "chat", Usage.of(Unit.TOKENS, 101)).isAdmitted())
                .isFalse();
        CompletableFuture<Decision> later = patient.acquireAsync("acme", "chat", all, time.scheduler());
        CompletableFuture<Decision> cancelled = patient.acquireAsync("acme", "chat", all, time.scheduler());
        cancelled.cancel(false);
        patient.acquire(Rejected.permanent(new KeyUnknown(), ""), "chat");
        time.advance(Duration.ofSeconds(60));
        assertThat(later.join().isAdmitted()).isTrue();
        assertThat(heard).hasSize(3).startsWith("acme chat true after PT0S", "acme chat false after PT0S");
        assertThat(heard.get(2)).matches("acme chat true after PT4[0-3].*S");
    }

    @Test
    void whatAShadowWouldRejectIsToldAfterTheAdmission() {
        InMemoryRateLimiter limiter = limiter(new Notes(List.of(1.0)));
        RateLimit five = RateLimit.of(Unit.TOKENS, 5, Duration.ofMinutes(1));
        Tier shadowed = tier.withTable(
                LimitTable.named("shadow").eachOtherEndpoint(five).asShadow());
        Caller caller = Caller.of("acme", shadowed);
        limiter.tryAcquire(caller, "chat", Usage.of(Unit.TOKENS, 5));
        time.advanceNanos(1);
        limiter.tryAcquire(caller, "chat", TEN_TOKENS);
        time.advanceNanos(1);
        Reservation reservation = limiter.reserve(caller, "chat", Usage.of(Unit.TOKENS, 0));
        time.advanceNanos(1);
        reservation.use(Usage.of(Unit.TOKENS, 1));
        limiter.peek(caller, "chat", TEN_TOKENS);
        assertThat(heard)
                .containsExactly(
                        "admitted acme chat 5 tokens",
                        "near at 5",
                        "admitted acme chat 10 tokens",
                        "would reject 10 tokens Optional.empty",
                        "admitted acme chat 0 tokens",
                        "would reject 1 token Optional[PT59.999999997S]");
    }

    @Test
    void aShadowThatWouldHaveRejectedTheEstimateIsNotBroughtNearByPieces() {
        InMemoryRateLimiter limiter = limiter(new NearOnly(0.8));
        RateLimit ten = RateLimit.of(Unit.TOKENS, 10, Duration.ofMinutes(1));
        Tier shadowed =
                tier.withTable(LimitTable.named("shadow").eachOtherEndpoint(ten).asShadow());
        Caller caller = Caller.of("acme", shadowed);
        limiter.tryAcquire(caller, "chat", Usage.of(Unit.TOKENS, 8));
        Reservation reservation = limiter.reserve(caller, "chat", Usage.of(Unit.TOKENS, 6));
        for (int piece = 0; piece < 4; piece++) {
            time.advanceNanos(1);
            reservation.use(Usage.of(Unit.TOKENS, 6));
        }
        assertThat(heard).containsExactly("0.8 at 8");
    }

    @Test
    void whatWasGrantedMovesTheShareAway() {
        InMemoryRateLimiter limiter = limiter(new NearOnly(0.8));
        Tier monthly = Tier.named("tier")
                .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(10)))
                .build();
        Caller caller = Caller.of("acme", monthly);
        limiter.admin().grant(caller, monthly.limitsFor("chat").get(0), 10);
        limiter.tryAcquire(caller, "chat", Usage.of(Unit.CALLS, 15));
        assertThat(heard).isEmpty();
        limiter.tryAcquire(caller, "chat");
        assertThat(heard).containsExactly("0.8 at 16");
    }

    @Test
    void aLimitThatIsNearIsToldOncePerCrossing() {
        InMemoryRateLimiter limiter = limiter(new NearOnly(0.8), new NearOnly(1), new NearOnly(0.25));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 79));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 30));
        assertThat(heard).containsExactly("0.25 at 79", "0.8 at 80");
        heard.clear();
        time.advance(Duration.ofMinutes(1));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 90));
        assertThat(heard).containsExactly("0.8 at 90", "0.25 at 90");
        heard.clear();
        time.advance(Duration.ofMinutes(1));
        limiter.tryAcquire("acme", "chat", TEN_TOKENS);
        Reservation reservation = limiter.reserve("acme", "chat", TEN_TOKENS);
        reservation.use(TEN_TOKENS);
        reservation.use(TEN_TOKENS);
        assertThat(heard).containsExactly("0.25 at 30");
        reservation.settle(Usage.of(Unit.TOKENS, 200));
        assertThat(heard).containsExactly("0.25 at 30", "0.8 at 210", "1.0 at 210");
    }

    @Test
    void aCallThatIsRefusedByAnotherLimitTellsNothing() {
        InMemoryRateLimiter limiter = limiter(new NearOnly(0.8));
        Tier both = tier.withTable(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(Unit.TOKENS, 70)));
        Caller caller = Caller.of("acme", both);
        assertThat(limiter.tryAcquire(caller, "chat", Usage.of(Unit.TOKENS, 80)).isAdmitted())
                .isFalse();
        assertThat(heard).isEmpty();
        assertThat(limiter.tryAcquire(caller, "chat", Usage.of(Unit.TOKENS, 60)).isAdmitted())
                .isTrue();
        assertThat(heard).containsExactly("0.8 at 60");
    }

    @Test
    void whoHearsOfNearLimitsHearsOfThemFromAReportingLimiterToo() {
        InMemoryRateLimiter limiter = limiter(new NearOnly(0.8)).reporting();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 80)).limits())
                .hasSize(1);
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 5));
        assertThat(reservation.use(Usage.of(Unit.TOKENS, 7)).limits())
                .extracting(LimitStatus::used)
                .containsExactly(87L);
        assertThat(heard).containsExactly("0.8 at 80");
    }

    @Test
    void aCallThatTellsNothingAllocatesNoMoreThanWithoutAShare() {
        long without = bytesOfCalls(limiter(new RateLimitListener() {}));
        long with = bytesOfCalls(limiter(new NearOnly(1)));
        // A call makes one report, of some fields.
        assertThat(with).isLessThan(without + 10_000 * 120L);
    }

    /** Returns what ten thousand calls allocate, under a window and a quota that are far from used up. */
    private long bytesOfCalls(InMemoryRateLimiter limiter) {
        Tier far = tier(1L << 40)
                .withTable(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(Unit.TOKENS, 1L << 40)));
        Caller caller = Caller.of("acme", far);
        Usage one = Usage.of(Unit.TOKENS, 1);
        for (int i = 0; i < 10_000; i++) {
            limiter.tryAcquire(caller, "chat", one);
        }
        heard.clear();
        Allocation allocation = new Allocation();
        for (int i = 0; i < 10_000; i++) {
            limiter.tryAcquire(caller, "chat", one);
        }
        return allocation.bytes();
    }

    /** Notes near limits only. */
    private final class NearOnly implements RateLimitListener {

        private final double share;

        NearOnly(double share) {
            this.share = share;
        }

        @Override
        public List<Double> nearLimitAt() {
            return List.of(share);
        }

        @Override
        public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
            heard.add(share + " at " + status.used());
        }
    }

    @RepeatedTest(50)
    void threadsThatReachALimitTogetherTellItOnceAsOfTheChargeThatReachedIt() throws Exception {
        ConcurrentLinkedQueue<Long> told = new ConcurrentLinkedQueue<>();
        InMemoryRateLimiter limiter = limiter(new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.1, 0.3, 0.5, 0.7);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                told.add(status.used());
            }
        });
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> callers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                callers.add(threads.submit(() -> {
                    for (int call = 0; call < 40; call++) {
                        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 1));
                    }
                }));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(told).containsExactlyInAnyOrder(10L, 30L, 50L, 70L);
    }

    @Test
    void aForgottenOrganizationBeginsAnew() {
        InMemoryRateLimiter limiter = limiter(new Notes(List.of()));
        Reservation open = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 100));
        limiter.admin().forget("acme");
        limiter.admin().forget("nobody");
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(0L);
        limiter.tryAcquire("acme", "chat", TEN_TOKENS);
        assertThat(open.settle(Usage.of(Unit.TOKENS, 1))).isTrue();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(10L);
        assertThat(heard)
                .containsExactly(
                        "admitted acme chat 100 tokens",
                        "forgotten acme",
                        "admitted acme chat 10 tokens",
                        "settled 100 tokens as 1 token");
    }

    @Test
    void aListenerThatThrowsChangesNoDecision() {
        InMemoryRateLimiter limiter = limiter(
                new RateLimitListener() {
                    @Override
                    public void onAdmitted(Caller caller, String endpoint, Usage usage) {
                        throw new IllegalStateException("a listener that fails");
                    }
                },
                new Notes(List.of()));
        assertThat(limiter.tryAcquire("acme", "chat", TEN_TOKENS).isAdmitted()).isTrue();
        assertThat(heard).containsExactly("admitted acme chat 10 tokens");
    }
}
