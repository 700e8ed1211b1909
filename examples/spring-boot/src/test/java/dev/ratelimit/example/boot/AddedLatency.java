package dev.ratelimit.example.boot;

import dev.ratelimit.example.boot.Clients.Call;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measures what the starter adds to the latency of a call. 64 clients send 1,000 calls a second in all, by turns to the
 * service without limits, to one that counts in memory, and to one that counts on a Redis of this machine. While one is
 * asked the others stand still. No call is refused. A latency begins when the call is due, so that a call which holds
 * up the next ones counts for these too. It prints the medians of all turns. It runs in the folder of this example,
 * once the jar is built.
 */
final class AddedLatency {

    private static final int CLIENTS = 64;
    private static final Duration EVERY = Duration.ofMillis(64);
    private static final Duration WARM_UP = Duration.ofSeconds(8);
    private static final Duration SETTLING = Duration.ofMillis(500);
    private static final Duration TURN = Duration.ofSeconds(3);
    private static final int TURNS = 7;

    /** Of 10,000 calls per minute each, of which none is used up. */
    private static final int ENDPOINTS = 64;

    private static final Clients CLIENTS_OF_ALL = new Clients();

    private AddedLatency() {}

    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("latency");
        String unlimited = "--ratelimit.enabled=false";
        try (LocalRedis redis = LocalRedis.start();
                RunningJar without = RunningJar.start(folder.resolve("without"), unlimited);
                RunningJar memory = RunningJar.start(folder.resolve("memory"));
                RunningJar shared = RunningJar.start(
                        folder.resolve("redis"),
                        "--ratelimit.backend=redis",
                        "--spring.data.redis.url=" + redis.url())) {
            List<RunningJar> services = List.of(without, memory, shared);
            List<List<URI>> addresses = new ArrayList<>();
            for (RunningJar service : services) {
                addresses.add(addresses(service));
            }
            for (int i = 0; i < services.size(); i++) {
                call(addresses.get(i), WARM_UP, Duration.ZERO);
                services.get(i).pause(true);
            }
            List<Map<Integer, List<Double>>> latencies = List.of(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
            for (int turn = 0; turn < TURNS; turn++) {
                for (int i = 0; i < services.size(); i++) {
                    int next = (i + turn) % services.size();
                    services.get(next).pause(false);
                    call(addresses.get(next), SETTLING, EVERY);
                    add(call(addresses.get(next), TURN, EVERY), latencies.get(next));
                    services.get(next).pause(true);
                }
            }
            print("without", latencies.get(0));
            print("memory", latencies.get(1));
            print("redis", latencies.get(2));
        }
    }

    private static List<URI> addresses(RunningJar service) throws Exception {
        List<URI> addresses = new ArrayList<>();
        for (int i = 0; i < ENDPOINTS; i++) {
            addresses.add(service.endpoint("e" + i));
        }
        return addresses;
    }

    private static List<Call> call(List<URI> addresses, Duration time, Duration every) throws Exception {
        List<Call> calls = CLIENTS_OF_ALL.call(CLIENTS, "production-demo", addresses, time, every);
        if (!calls.stream().allMatch(call -> call.status() == 200)) {
            throw new IllegalStateException("no call must be refused");
        }
        return calls;
    }

    private static void add(List<Call> calls, Map<Integer, List<Double>> latencies) {
        long[] sorted = calls.stream()
                .mapToLong(call -> call.answered() - call.due())
                .sorted()
                .toArray();
        for (int percent : new int[] {50, 90, 99}) {
            double micros = sorted[sorted.length * percent / 100] / 1e3;
            latencies.computeIfAbsent(percent, p -> new ArrayList<>()).add(micros);
        }
    }

    private static void print(String service, Map<Integer, List<Double>> latencies) {
        latencies.forEach((percent, turns) -> {
            List<Double> sorted = turns.stream().sorted().toList();
            System.out.printf(
                    Locale.ROOT,
                    "%s p%d: median of %d turns %.0f us, from %.0f to %.0f%n",
                    service,
                    percent,
                    sorted.size(),
                    sorted.get(sorted.size() / 2),
                    sorted.get(0),
                    sorted.get(sorted.size() - 1));
        });
    }
}
