package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.RedisClient;
import java.io.BufferedReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A JVM that is killed, as by {@code kill -9}, while it holds calls in flight. */
class KilledMachineTest {

    private static final long PAUSE_NANOS = 500_000;
    private static final long LONGEST = HoldingMachine.LONGEST.toNanos() / 1_000;

    @Test
    void itsCallsComeBackWhenTheLongestTimeHasPassedAndNotBefore() throws Exception {
        RedisServer server = new RedisServer();
        RedisClient client = RedisClient.create(server.uri());
        Process machine = ManyMachines.start(HoldingMachine.class, server.uri());
        try (RedisRateLimiter limiter = HoldingMachine.limiter(client);
                BufferedReader out = machine.inputReader()) {
            List<Long> begun = new ArrayList<>();
            while (begun.size() < HoldingMachine.CALLS) {
                begun.add(Long.parseLong(out.readLine()));
            }
            machine.destroyForcibly();
            assertThat(machine.waitFor()).as("killed by signal 9").isEqualTo(128 + 9);

            int refused = 0;
            boolean allAreBack = false;
            while (!allAreBack) {
                for (int calls = 1; calls <= HoldingMachine.CALLS; calls++) {
                    boolean admitted = limiter.peek("acme", "chat", Usage.of(Unit.CALLS, calls))
                            .isAdmitted();
                    long now = Answers.lastTime();
                    long back =
                            begun.stream().filter(time -> time + LONGEST <= now).count();
                    assertThat(admitted)
                            .as("%s calls, %s are back", calls, back)
                            .isEqualTo(calls <= back);
                    refused += admitted ? 0 : 1;
                    allAreBack = admitted;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            assertThat(refused).as("asked before they came back").isGreaterThan(10);
        } finally {
            machine.destroyForcibly();
            Clients.shutDown(client);
            server.close();
        }
    }
}
