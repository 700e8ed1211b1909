package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls in flight, beside what else happens to their organization. */
@Tag("mutants")
class InFlightLimiterTest {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private static final Tier FIVE = Tier.named("trial")
            .table(LimitTable.named("in flight").each(ConcurrencyLimit.of(5, LONGEST), "chat"))
            .build();

    private final ManualTime time = new ManualTime();

    private InMemoryRateLimiterBuilder builder() {
        return InMemoryRateLimiter.builder().tier(FIVE).timeSource(time);
    }

    private static long used(InMemoryRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0).used();
    }

    @Test
    void aHostIsToldOnceThatACallWhichIsNoReservationCannotEnd() {
        FailureLog log = new FailureLog();
        OrganizationStore store = new OrganizationStore(
                new Clocks(time),
                new Listeners(List.of(), new ThrottledLog(time, () -> log)),
                10,
                10,
                CapacityPolicy.REFUSE);
        assertThat(InMemoryReservation.reserve(store, "acme", FIVE, "chat", Usage.call(), null)
                        .cancel())
                .isTrue();
        assertThat(log.messages).isEmpty();
        for (int i = 0; i < 3; i++) {
            store.tryAcquire("acme", FIVE, "chat", Usage.call());
            time.advance(Duration.ofMinutes(2));
        }
        assertThat(log.messages)
                .containsExactly(
                        "WARNING What tryAcquire takes in flight counts for the longest time, since no call ends:"
                                + " use reserve; endpoint=chat, limit=5 calls in flight for 10 minutes, suppressed=0");
    }

    @Test
    void whatWasResetOrForgottenIsNotRenewed() {
        InMemoryRateLimiter limiter = builder().build();
        Reservation reset = limiter.reserve("acme", "chat", Usage.call());
        limiter.admin().reset("acme");
        Reservation forgotten = limiter.reserve("acme", "chat", Usage.call());
        limiter.admin().forget("acme");
        assertThat(reset.renew()).isFalse();
        assertThat(forgotten.renew()).isFalse();
    }

    @Test
    void anOrganizationIsKeptWhileItsCallsRun() {
        InMemoryRateLimiter limiter = builder().build();
        Reservation running = limiter.reserve("acme", "chat", Usage.call());
        time.advance(LONGEST.minusNanos(1));
        limiter.cleanUp();
        assertThat(used(limiter)).isEqualTo(1);
        assertThat(running.renew()).isTrue();
        time.advance(LONGEST.minusNanos(1));
        limiter.cleanUp();
        assertThat(used(limiter)).isEqualTo(1);
        time.advanceNanos(1);
        limiter.cleanUp();
        assertThat(limiter.stats().organizations()).isZero();
        assertThat(running.renew()).isFalse();
        assertThat(running.cancel()).isTrue();
        assertThat(used(limiter)).isZero();
    }

    @Test
    void aStreamInFlightTakesOneEntry() {
        Tier tokens = Tier.named("tokens")
                .table(LimitTable.named("in flight").each(ConcurrencyLimit.of(Unit.TOKENS, 100_000, LONGEST), "chat"))
                .build();
        InMemoryRateLimiter limiter = builder().tier(tokens).build();
        Usage one = Usage.of(Unit.TOKENS, 1);
        InMemoryReservation stream = (InMemoryReservation) limiter.reserve("acme", "chat", one);
        for (int i = 0; i <= 10_000; i++) {
            time.advance(Duration.ofMillis(1));
            assertThat(stream.use(one).isAdmitted()).isTrue();
            assertThat(stream.use(Usage.of(Unit.TOKENS, 0)).isAdmitted()).isTrue();
        }
        OrganizationState state = requireNonNull(limiter.store.find("acme"));
        InFlightCounter counter = (InFlightCounter) requireNonNull(
                state.find(CompiledLimit.of(tokens, tokens.limitsFor("chat").get(0))));
        assertThat(counter.countFlights()).isEqualTo(1);
        assertThat(stream.pieces()).isLessThanOrEqualTo(2);
        assertThat(used(limiter)).isEqualTo(10_001);
        assertThat(stream.settle()).isTrue();
        assertThat(used(limiter)).isZero();
    }

    @Test
    void whatIsResetCountsNoMoreThoughItRuns() {
        InMemoryRateLimiter limiter = builder().build();
        Reservation running = limiter.reserve("acme", "chat", Usage.call());
        limiter.admin().reset("acme");
        assertThat(used(limiter)).isZero();
        Reservation next = limiter.reserve("acme", "chat", Usage.call());
        assertThat(running.cancel()).isTrue();
        assertThat(used(limiter)).isEqualTo(1);
        assertThat(next.cancel()).isTrue();
        assertThat(used(limiter)).isZero();
    }

    @Test
    void nobodyIsToldThatTheLimitIsNear() {
        List<String> heard = new ArrayList<>();
        RateLimitListener listener = new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.5);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                heard.add(endpoint);
            }
        };
        InMemoryRateLimiter limiter = builder().listener(listener).build();
        for (int i = 0; i < 5; i++) {
            assertThat(limiter.reserve("acme", "chat", Usage.call()).renew()).isTrue();
        }
        assertThat(used(limiter)).isEqualTo(5);
        assertThat(heard).isEmpty();
    }
}
