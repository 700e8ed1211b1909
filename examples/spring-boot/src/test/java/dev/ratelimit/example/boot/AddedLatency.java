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
 * service without limits, to one that counts in memory, and to one that counts on a Redis of this machine. No call is
 * refused. It prints the medians of all turns. It runs in the folder of this example, once the jar is built.
 */
final class AddedLatency {

    private static final int CLIENTS = 64;
    private static final Duration EVERY = Duration.ofMillis(64);
    private static final Duration WARM_UP = Duration.ofSeconds(12);
    private static final Duration TURN = Duration.ofSeconds(4);
    private static final int TURNS = 7;

    /** Of 10,000 calls per minute each, of which none is used up. */
    private static final int ENDPOINTS = 64;

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
            for (RunningJar service : services) {
                turn(service, WARM_UP);
            }
            List<Map<Integer, List<Double>>> latencies = List.of(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
            for (int turn = 0; turn < TURNS; turn++) {
                for (int i = 0; i < services.size(); i++) {
                    int next = (i + turn) % services.size();
                    add(turn(services.get(next), TURN), latencies.get(next));
                }
            }
            print("without", latencies.get(0));
            print("memory", latencies.get(1));
            print("redis", latencies.get(2));
        }
    }

    private static List<Call> turn(RunningJar service, Duration time) throws Exception {
        List<URI> addresses = new ArrayList<>();
        for (int i = 0; i < ENDPOINTS; i++) {
            addresses.add(service.endpoint("e" + i));
        }
        List<Call> calls = new Clients().call(CLIENTS, "production-demo", addresses, time, EVERY);
        if (!calls.stream().allMatch(call -> call.status() == 200)) {
            throw new IllegalStateException("no call must be refused");
        }
        return calls;
    }

    private static void add(List<Call> calls, Map<Integer, List<Double>> latencies) {
        long[] sorted = calls.stream()
                .mapToLong(call -> call.answered() - call.sent())
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
