package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many threads that make calls one after the other, beside one call that never ends. */
class InFlightStressTest {

    /** By system property, how many calls are admitted. */
    private static final int CALLS = Integer.getInteger("flight.calls", 100_000);

    private static final int THREADS = 8;
    private static final int MOST = 5;

    /** More than what the JVM itself takes meanwhile, and less than a byte for each of ten million calls. */
    private static final long FEW_BYTES = 8_000_000;

    @Test
    void neverAreMoreInFlightThanTheLimitAndCallsThatHaveEndedTakeNoMemory() throws Exception {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("calls").each(ConcurrencyLimit.of(MOST, Duration.ofHours(1)), "chat"))
                .build();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        Reservation stuck = limiter.reserve("acme", "chat", Usage.call());
        AtomicInteger open = new AtomicInteger(1);
        AtomicInteger mostOpen = new AtomicInteger();
        AtomicLong admitted = new AtomicLong();
        long before = Garbage.heap();
        Rounds.of(1, THREADS, () -> {}, () -> {
            while (admitted.get() < CALLS) {
                Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
                if (reservation.decision().isAdmitted()) {
                    mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
                    admitted.incrementAndGet();
                    open.decrementAndGet();
                    assertThat(reservation.cancel()).isTrue();
                }
            }
        });
        assertThat(mostOpen.get()).isBetween(2, MOST);
        OrganizationState state = requireNonNull(limiter.store.find("acme"));
        InFlightCounter counter = (InFlightCounter) requireNonNull(
                state.find(CompiledLimit.of(tier, tier.limitsFor("chat").get(0))));
        assertThat(counter.countFlights()).as("only the call that is stuck").isEqualTo(1);
        Garbage.assertHeapShrinks(before + FEW_BYTES, () -> {});
        assertThat(stuck.renew()).isTrue();
        assertThat(stuck.cancel()).isTrue();
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }
}
