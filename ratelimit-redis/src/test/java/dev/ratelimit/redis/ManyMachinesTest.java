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
    void noWindowHoldsMoreThanTheAmount(@TempDir Path folder) throws Exception {
        try (RedisServer server = new RedisServer()) {
            List<Charge> charges = ManyMachines.call(server, 2, 2, Duration.ofSeconds(1), folder);
            for (Endpoint endpoint : Endpoint.values()) {
                assertNoneHoldsTooMuch(new Windows(endpoint, charges), endpoint);
            }
        }
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
