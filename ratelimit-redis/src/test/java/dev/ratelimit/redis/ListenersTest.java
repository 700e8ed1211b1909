package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.RoundTrip;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a host hears of decisions and reservations. */
class ListenersTest extends ServedTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(10)))
            .table(LimitTable.named("shadow")
                    .eachOtherEndpoint(RateLimit.perHour(5))
                    .asShadow())
            .build();

    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    /** A listener that throws after it has noted what it was told. */
    private final class Noting implements RateLimitListener {

        private void note(String event, Caller caller, String endpoint, Usage usage) {
            assertThat(caller).isEqualTo(Caller.of("acme", TIER));
            assertThat(endpoint).isEqualTo("chat");
            heard.add(event + " " + usage);
            throw new IllegalStateException("a listener that fails, for a test");
        }

        @Override
        public void onAdmitted(Caller caller, String endpoint, Usage usage) {
            note("admitted", caller, endpoint, usage);
        }

        @Override
        public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
            note("rejected", caller, endpoint, usage);
        }

        @Override
        public void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
            note("would reject", caller, endpoint, usage);
        }

        @Override
        public void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
            note("settled " + estimate + " as", caller, endpoint, actual);
        }

        @Override
        public void onCancelled(Caller caller, String endpoint, Usage estimate) {
            note("cancelled", caller, endpoint, estimate);
        }
    }

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    @Test
    void decisionsAndEndsOfReservationsAreTold() {
        RedisRateLimiter limiter =
                limiter(builder().tier(TIER).listener(new Noting()).listener(new Noting()));
        limiter.tryAcquire("acme", "chat", calls(4));
        AsyncReservation reservation = limiter.reserve("acme", "chat", calls(3));
        limiter.peek("acme", "chat", calls(9));
        reservation.use(calls(7));
        reservation.settle(calls(2));
        reservation.settle(calls(1));
        limiter.reserve("acme", "chat", calls(1)).cancel();
        assertThat(limiter.reserve("acme", "chat", calls(9)).cancel()).isFalse();
        List<String> expected = List.of(
                "admitted 4 calls",
                "admitted 3 calls",
                "would reject 3 calls",
                "rejected 7 calls",
                "settled 3 calls as 2 calls",
                "admitted 1 call",
                "cancelled 1 call",
                "rejected 9 calls");
        assertThat(heard)
                .containsExactlyElementsOf(expected.stream()
                        .flatMap(event -> List.of(event, event).stream())
                        .toList());
    }

    @Test
    void asynchronousCallsAreToldAlike() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER).listener(new Noting()));
        Caller caller = Caller.of("acme", TIER);
        limiter.async()
                .tryAcquire(caller, "chat", calls(2))
                .toCompletableFuture()
                .join();
        Reservation reservation = limiter.async()
                .reserve(caller, "chat", calls(3))
                .toCompletableFuture()
                .join();
        reservation.useAsync(calls(12)).toCompletableFuture().join();
        reservation.settleAsync(calls(1)).toCompletableFuture().join();
        reservation.cancelAsync().toCompletableFuture().join();
        limiter.async()
                .reserve(caller, "chat", calls(1))
                .toCompletableFuture()
                .join()
                .cancelAsync()
                .toCompletableFuture()
                .join();
        assertThat(heard)
                .containsExactly(
                        "admitted 2 calls",
                        "admitted 3 calls",
                        "rejected 12 calls",
                        "settled 3 calls as 1 call",
                        "admitted 1 call",
                        "cancelled 1 call");
    }

    /** A listener that notes how much was used when it was told of a near limit. */
    private static RateLimitListener near(List<Long> used) {
        return new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.8);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                used.add(status.used());
            }
        };
    }

    @Test
    void ofAllMachinesOneIsToldOfANearLimit() throws Exception {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(1_000)))
                .build();
        List<Long> used = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> machines = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            RedisRateLimiter limiter = limiter(builder().tier(tier).listener(near(used)));
            machines.add(CompletableFuture.runAsync(() -> {
                for (int n = 0; n < 250; n++) {
                    assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
                }
            }));
        }
        for (CompletableFuture<Void> machine : machines) {
            machine.get();
        }
        assertThat(used).containsExactly(800L);
    }

    @Test
    void aLeaseThatReachesTheShareIsToldAsOfItsCharge() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(100)))
                .build();
        List<Long> used = Collections.synchronizedList(new ArrayList<>());
        RedisRateLimiter limiter =
                limiter(builder().tier(tier).leases(50, Duration.ofMinutes(1)).listener(near(used)));
        limiter.tryAcquire("acme", "chat", calls(40));
        assertThat(used).isEmpty();
        limiter.tryAcquire("acme", "chat", calls(50));
        assertThat(used).containsExactly(90L);
    }

    @Test
    void eachRoundTripAndEachOpenReservationIsTold() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER).listener(new RateLimitListener() {
            @Override
            public RoundTrip onRoundTrip(String operation) {
                heard.add(operation);
                return failure -> heard.add(operation + " ended: " + failure);
            }

            @Override
            public void onReserved(Caller caller, String endpoint, Usage estimate) {
                heard.add("reserved " + estimate);
            }

            @Override
            public void onWaited(Caller caller, String endpoint, Decision decision, Duration waited) {
                heard.add("waited: " + decision.isAdmitted());
            }
        }));
        limiter.tryAcquire("acme", "chat", calls(0)); // the server may not know the script
        heard.clear();
        limiter.tryAcquire("acme", "chat", calls(1));
        limiter.reserve("acme", "chat", calls(2)).cancel();
        limiter.async()
                .status(limiter.caller("acme"), "chat")
                .toCompletableFuture()
                .join();
        limiter.waiting(Duration.ZERO)
                .acquireAsync("acme", "chat", calls(99), time.scheduler())
                .join();
        assertThat(heard)
                .containsExactly(
                        "take",
                        "take ended: Optional.empty",
                        "charge",
                        "charge ended: Optional.empty",
                        "reserved 2 calls",
                        "settle",
                        "settle ended: Optional.empty",
                        "status",
                        "status ended: Optional.empty",
                        "charge",
                        "charge ended: Optional.empty",
                        "waited: false");
    }

    /** They run on the thread of Lettuce's that reads answers: 100 stack traces there are an outage of their own. */
    @Test
    void whatAListenerThrowsIsLoggedOnceAMinute() {
        LogLines lines = new LogLines();
        RedisRateLimiter limiter = limiter(
                builder().tier(TIER).logger(lines).listener(new Noting()).listener(new Noting()));
        for (int i = 0; i < 50; i++) {
            limiter.async()
                    .tryAcquire(Caller.of("acme", TIER), "chat", calls(0))
                    .toCompletableFuture()
                    .join();
        }
        assertThat(heard).hasSize(100);
        assertThat(lines.thrownWith("A listener threw an exception: listener=" + Noting.class.getName()))
                .singleElement()
                .isInstanceOf(IllegalStateException.class);
    }
}
