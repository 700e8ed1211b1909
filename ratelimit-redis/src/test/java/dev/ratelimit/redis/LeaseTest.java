package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Units that are served or given back, each once. */
class LeaseTest {

    private static final LimitSet TARGET = new EncodedLimits(9, 9)
            .of(Caller.of("acme", ServedTest.tierOf(RateLimit.perMinute(1_000), RateLimit.perHour(1_000))), "chat");

    private static final List<Booking> CHARGES = List.of(new Booking(3, 17, 1_000), new Booking(4, 18, 1_000));

    private final List<Change> given = new ArrayList<>();

    private Lease lease(long left) {
        Outcome taken = new Outcome(Decision.admitted(), TARGET, CHARGES, 9);
        return new Lease(taken, left, 0, Instant.EPOCH, lease -> {
            given.addAll(lease.takeRest());
            return CompletableFuture.completedFuture(true);
        });
    }

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    @Test
    void theRestIsGivenBackOnceWhereItWasChargedAndNotServedThereafter() {
        Lease lease = lease(10);
        assertThat(lease.serves(calls(3))).isTrue();
        assertThat(lease.serves(calls(8))).isFalse();
        lease.end();
        lease.end();
        assertThat(given)
                .containsExactly(
                        new Change(TARGET.limits().get(0), List.of(new Refund(CHARGES.get(0), 7)), 0, 3),
                        new Change(TARGET.limits().get(1), List.of(new Refund(CHARGES.get(1), 7)), 0, 4));
        assertThat(lease.serves(calls(1))).isFalse();
        assertThat(lease.takeRest()).isEmpty();
        assertThat(lease.returned()).isCompletedWithValue(true);
    }

    @Test
    void whatIsUsedUpGivesNothingBack() {
        Lease lease = lease(10);
        assertThat(lease.serves(calls(10))).isTrue();
        assertThat(lease.serves(calls(0))).isFalse();
        lease.end();
        assertThat(given).isEmpty();
    }

    @RepeatedTest(50)
    void whatThreadsAreServedAndWhatComesBackIsWhatThereWas() {
        Lease lease = lease(10_000);
        AtomicLong served = new AtomicLong();
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(CompletableFuture.runAsync(() -> {
                while (lease.serves(calls(3))) {
                    if (served.addAndGet(3) > 7_000) {
                        lease.end();
                    }
                }
            }));
        }
        threads.forEach(CompletableFuture::join);
        assertThat(given.get(0).refunds().get(0).units() + served.get()).isEqualTo(10_000);
    }
}
