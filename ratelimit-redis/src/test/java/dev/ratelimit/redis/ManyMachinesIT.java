package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four JVMs on one organization, for twenty seconds. It holds what was admitted to a bound, so the machine should be
 * quiet.
 */
class ManyMachinesIT {

    private static final double LEAST_UTILIZATION = 0.98;

    private static final Duration DURATION = Duration.ofSeconds(20);

    @Test
    void noLimitAdmitsMoreThanItPromisesAndWindowsNearlyAll(@TempDir Path folder) throws Exception {
        try (RedisServer server = new RedisServer()) {
            List<Charge> charges = ManyMachines.call(server, 4, 4, DURATION, folder);
            ManyMachinesTest.assertPromisesAreKept(charges);
            for (Endpoint endpoint : List.of(Endpoint.EXACT, Endpoint.COARSE)) {
                Windows windows = new Windows(endpoint, charges);
                ManyMachinesTest.assertNoneHoldsTooMuch(windows, endpoint);
                assertThat(windows.utilization(DURATION)).as("%s", endpoint).isGreaterThanOrEqualTo(LEAST_UTILIZATION);
            }
        }
    }
}
