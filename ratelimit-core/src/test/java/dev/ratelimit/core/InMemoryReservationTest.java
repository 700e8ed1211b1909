package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens to a reservation in the middle of a call of its own: where that call reads the clock. */
@Tag("mutants")
class InMemoryReservationTest {

    private final InterruptedTime time = new InterruptedTime();
    private final InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("tokens")
                            .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1))))
                    .build())
            .timeSource(time)
            .build();

    private static Usage tokens(long units) {
        return Usage.of(Unit.TOKENS, units);
    }

    private long used() {
        return limiter.status("acme", "chat").get(0).used();
    }

    @Test
    void whatIsAddedWhileTheReservationIsSettledIsGivenBackAndRefused() {
        Reservation reservation = limiter.reserve("acme", "chat", tokens(10));
        time.beforeNanoTime(() -> assertThat(reservation.settle(tokens(7))).isTrue());
        assertThat(reservation.use(tokens(60))).isEqualTo(Rejected.permanent(new ReservationEnded(), ""));
        assertThat(used()).isEqualTo(7);
    }

    @Test
    void whatIsAddedWhileSomethingElseIsAddedIsSettledWithIt() {
        Reservation reservation = limiter.reserve("acme", "chat", tokens(10));
        time.beforeNanoTime(
                () -> assertThat(reservation.use(tokens(20)).isAdmitted()).isTrue());
        assertThat(reservation.use(tokens(40)).isAdmitted()).isTrue();
        assertThat(used()).isEqualTo(60);
        assertThat(reservation.settle(tokens(5))).isTrue();
        assertThat(used()).isEqualTo(5);
    }

    @Test
    void whatIsAddedWhileTheOrganizationIsForgottenIsChargedToItsNewState() {
        Reservation reservation = limiter.reserve("acme", "chat", tokens(10));
        time.beforeNanoTime(() -> limiter.admin().forget("acme"));
        assertThat(reservation.use(tokens(40)).isAdmitted()).isTrue();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(30L);
    }
}
