package dev.ratelimit.redis;

import dev.ratelimit.Reservation;
import io.lettuce.core.RedisClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/** A JVM that calls, from some threads and for some time, all endpoints, whenever there is room. */
final class CallingMachine {

    static final String READY = "ready";

    private static final Duration LONG = Duration.ofSeconds(10);

    /** What is in flight is so while the others are called. */
    private static final List<Endpoint> ORDER =
            List.of(Endpoint.IN_FLIGHT, Endpoint.EXACT, Endpoint.COARSE, Endpoint.BUCKET, Endpoint.FIXED);

    private static final long PAUSE_NANOS = 100_000;

    private final RedisRateLimiter limiter;
    private final long nanos;
    private final int callers;

    private CallingMachine(RedisRateLimiter limiter, Duration duration, int callers) {
        this.limiter = limiter;
        this.nanos = duration.toNanos();
        this.callers = callers;
    }

    /**
     * Says when it is ready, begins with a byte from its standard input, and writes a line for each call that was
     * admitted.
     *
     * @param arguments the server's URI, how many threads, for how long at least, how many threads there are on all
     *     machines, and the file to write
     */
    public static void main(String... arguments) throws Exception {
        RedisClient client = RedisClient.create(arguments[0]);
        try (RedisRateLimiter limiter =
                Answers.builder(client).tier(Endpoint.tier()).timeout(LONG).build()) {
            System.out.println(READY);
            // The end of the input is that of the test: nobody is there to stop it any more.
            if (System.in.read() >= 0) {
                CallingMachine machine =
                        new CallingMachine(limiter, Duration.parse(arguments[2]), Integer.parseInt(arguments[3]));
                Files.write(Path.of(arguments[4]), machine.run(Integer.parseInt(arguments[1])));
            }
        } finally {
            Clients.shutDown(client);
        }
    }

    private List<String> run(int threads) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<List<String>>> callers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                callers.add(pool.submit(this::call));
            }
            List<String> lines = new ArrayList<>();
            for (Future<List<String>> caller : callers) {
                lines.addAll(caller.get());
            }
            return lines;
        } finally {
            pool.shutdownNow();
        }
    }

    /** Tells whether all callers together are served more than one window's, if each is served so much. */
    private boolean hasItsShare(Map<Endpoint, Long> units) {
        return Arrays.stream(Endpoint.values())
                .allMatch(endpoint -> units.getOrDefault(endpoint, 0L) > endpoint.amount / callers);
    }

    private List<String> call() throws Exception {
        List<String> admitted = new ArrayList<>();
        long start = System.nanoTime();
        Map<Endpoint, Long> units = new EnumMap<>(Endpoint.class);
        while (System.nanoTime() - start < nanos || !hasItsShare(units)) {
            int before = admitted.size();
            Reservation inFlight = null;
            long since = 0;
            for (Endpoint endpoint : ORDER) {
                // Only what may be taken back is told where it was charged.
                Reservation reservation = limiter.reserve("acme", endpoint.name(), endpoint.usage());
                if (reservation.decision().isAdmitted()) {
                    units.merge(endpoint, endpoint.unitsOfACall, Long::sum);
                    Charge charge = Answers.lastCharge(endpoint);
                    if (endpoint == Endpoint.IN_FLIGHT) {
                        inFlight = reservation;
                        since = charge.time();
                    } else {
                        admitted.add(charge.toString());
                    }
                }
            }
            if (inFlight != null) {
                inFlight.settle();
                admitted.add(new Charge(Endpoint.IN_FLIGHT, since, Answers.lastTime()).toString());
            }
            // Rejections are answered on this machine: to go on asking would leave the server no processor.
            if (admitted.size() == before) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        return admitted;
    }
}
