package dev.ratelimit.example.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.example.boot.Clients.Call;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * 64 clients call the service for 20 s, and count from outside what it admits.
 *
 * <p>For every t, the admitted calls that were sent at or after t and answered before t + window are at most the amount
 * of the limit. The clients know only their own clock: the service decides a call between the two readings.
 */
@Tag("long")
@Timeout(300)
class AdmittedCallsIT {

    private static final int CLIENTS = 64;
    private static final Duration AT_LEAST = Duration.ofSeconds(20);

    /** A limit that the tier file below states for an endpoint. */
    private record Stated(String endpoint, int amount, Duration window) {}

    private static final List<Stated> LIMITS =
            List.of(new Stated("chat", 50, Duration.ofSeconds(1)), new Stated("embed", 600, Duration.ofSeconds(3)));

    private static final String TIERS = """
            tiers:
              - name: trial
                tables:
                  - name: calls
                    rows:
                      - {each: [chat], limit: 50 calls per second}
                      - {each: [embed], limit: 600 calls per 3 seconds}
              - name: production
                tables:
                  - {name: calls, rows: [{all: each, limit: 10 calls per second}]}
            """;

    @TempDir
    private Path folder;

    private String tiers;

    @BeforeEach
    void writeTiers() throws IOException {
        tiers = "--ratelimit.tiers-location=file:" + Files.writeString(folder.resolve("tiers.yaml"), TIERS);
    }

    @Test
    void noWindowOfAServiceInMemoryHasMoreThanTheAmount() throws Exception {
        try (RunningJar service = RunningJar.start(folder.resolve("log"), tiers)) {
            audit(List.of(service));
        }
    }

    @Test
    void noWindowOfTwoServicesOnOneRedisHasMoreThanTheAmount() throws Exception {
        try (LocalRedis redis = LocalRedis.start()) {
            // A slow machine is no outage: each decision is that of Redis.
            String[] arguments = {
                tiers,
                "--ratelimit.backend=redis",
                "--ratelimit.redis.outage=fail-closed",
                "--ratelimit.redis.timeout=10s",
                "--spring.data.redis.url=" + redis.url(),
            };
            try (RunningJar one = RunningJar.start(folder.resolve("one.log"), arguments);
                    RunningJar two = RunningJar.start(folder.resolve("two.log"), arguments)) {
                audit(List.of(one, two));
            }
        }
    }

    private static void audit(List<RunningJar> services) throws Exception {
        List<URI> addresses = new ArrayList<>();
        for (Stated limit : LIMITS) {
            for (RunningJar service : services) {
                addresses.add(service.endpoint(limit.endpoint()));
            }
        }
        Clients clients = new Clients();
        List<Call> calls = new ArrayList<>();
        do {
            calls.addAll(clients.call(CLIENTS, "trial-demo", addresses, AT_LEAST));
        } while (!LIMITS.stream().allMatch(limit -> isReached(limit, to(limit, addresses, calls))));

        assertThat(calls).extracting(Call::status).containsOnly(200, 429);
        for (Stated limit : LIMITS) {
            List<Call> admitted = to(limit, addresses, calls).stream()
                    .filter(call -> call.status() == 200)
                    .toList();
            int most = mostInAWindow(admitted, limit.window().toNanos());
            assertThat(most)
                    .as("%s: the most in a window, of %s admitted", limit, admitted.size())
                    .isLessThanOrEqualTo(limit.amount());
        }
    }

    private static List<Call> to(Stated limit, List<URI> addresses, List<Call> calls) {
        return calls.stream()
                .filter(call -> addresses.get(call.endpoint()).getPath().endsWith("/" + limit.endpoint()))
                .toList();
    }

    /** Tells whether more than one window was used up: only then can there be one that has too many. */
    private static boolean isReached(Stated limit, List<Call> calls) {
        long admitted = calls.stream().filter(call -> call.status() == 200).count();
        return admitted > limit.amount() && admitted < calls.size();
    }

    /** Returns the most calls, over all t, that were sent at or after t and answered before t + window. */
    private static int mostInAWindow(List<Call> calls, long window) {
        TreeMap<Long, Integer> changes = new TreeMap<>();
        for (Call call : calls) {
            long first = call.answered() - window + 1;
            if (first <= call.sent()) {
                changes.merge(first, 1, Integer::sum);
                changes.merge(call.sent() + 1, -1, Integer::sum);
            }
        }
        int count = 0;
        int most = 0;
        for (int change : changes.values()) {
            count += change;
            most = Math.max(most, count);
        }
        return most;
    }
}
