package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two JVMs on one organization, for a second. */
class ManyMachinesTest {

    @Test
    void noLimitAdmitsMoreThanItPromises(@TempDir Path folder) throws Exception {
        try (RedisServer server = new RedisServer()) {
            List<Charge> charges = ManyMachines.call(server, 2, 2, Duration.ofSeconds(1), folder);
            for (Endpoint endpoint : List.of(Endpoint.EXACT, Endpoint.COARSE)) {
                assertNoneHoldsTooMuch(new Windows(endpoint, charges), endpoint);
            }
            assertPromisesAreKept(charges);
        }
    }

    static void assertPromisesAreKept(List<Charge> charges) {
        Promises bucket = new Promises(Endpoint.BUCKET, charges);
        assertThat(bucket.admitted()).isGreaterThan(Endpoint.BUCKET.amount);
        assertThat(bucket.mostOverTheFlow())
                .isPositive()
                .isLessThanOrEqualTo(Endpoint.BUCKET.amount * Endpoint.WINDOW.toNanos() / 1_000);
        Promises fixed = new Promises(Endpoint.FIXED, charges);
        assertThat(fixed.admitted()).isGreaterThan(Endpoint.FIXED.amount);
        assertThat(fixed.mostInAFixedWindow()).isPositive().isLessThanOrEqualTo(Endpoint.FIXED.amount);
        Promises inFlight = new Promises(Endpoint.IN_FLIGHT, charges);
        assertThat(inFlight.admitted()).isGreaterThan(Endpoint.IN_FLIGHT.amount);
        assertThat(inFlight.mostInFlight()).isGreaterThan(1).isLessThanOrEqualTo(Endpoint.IN_FLIGHT.amount);
    }

    /**
     * By the server's clock and by the stamps, which are never before it, and are after it by no more than is promised.
     */
    static void assertNoneHoldsTooMuch(Windows windows, Endpoint endpoint) {
        assertThat(windows.admitted())
                .as("%s: more than one window's", endpoint)
                .isGreaterThan(endpoint.amount);
        assertThat(windows.fullest(Charge::time)).as("%s, by time", endpoint).isLessThanOrEqualTo(endpoint.amount);
        assertThat(windows.fullest(Charge::stamp)).as("%s, by stamp", endpoint).isLessThanOrEqualTo(endpoint.amount);
        assertThat(windows.delays().getMin()).as("%s", endpoint).isNotNegative();
        assertThat(windows.delays().getMax())
                .as("%s", endpoint)
                .isLessThanOrEqualTo(endpoint.longestDelay().toNanos() / 1_000);
    }
}
