package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The samples of the notation say what they do. */
class ScenariosTest extends Scenarios {

    ScenariosTest() {
        super(new ReferenceRateLimiterTest());
    }

    @Test
    void callsAreAdmittedAndRejectedAtTimes() {
        // sample: dev/ratelimit/testkit/Scenarios.java
        limits(RateLimit.of(Unit.CALLS, 2, Duration.ofMillis(100)));
        at(0).admits(1, 1)
                .rejects(1, 100); // at 0 ms two usages of 1 call are admitted, a third is told to wait for 100 ms
        at(50).rejects(1, 50);
        at(100).admits(1);
        // end of sample
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
    }

    @Test
    void whatIsSettledBelongsToTheReservationMadeLast() {
        // sample: dev/ratelimit/testkit/Scenarios.java
        limits(Quota.lifetime(Unit.TOKENS, 100));
        reserves(tokens(60)).used(60L).settles(tokens(20)).used(20L);
        // end of sample
        assertThat(limiter.status("acme", "chat").get(0).remaining()).isEqualTo(80);
    }
}
