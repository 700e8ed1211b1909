package dev.ratelimit.example.boot;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/** Clients that call at the same time. Each sends a call, waits for its answer, and sends the next. */
final class Clients {

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * A call as its client saw it.
     *
     * @param endpoint the index of the address that was asked
     * @param due when it was to be sent, by {@link System#nanoTime()}; earlier than sent where its client was held up
     * @param sent when, by {@link System#nanoTime()}, before its first byte was sent
     * @param answered when, by the same clock, its answer was there
     * @param status the status of the answer
     */
    record Call(int endpoint, long due, long sent, long answered, int status) {}

    /** Lets clients call as fast as they can: {@link #call(int, String, List, Duration, Duration)} without a pause. */
    List<Call> call(int count, String key, List<URI> endpoints, Duration time)
            throws InterruptedException, ExecutionException {
        return call(count, key, endpoints, time, Duration.ZERO);
    }

    /**
     * Lets clients call.
     *
     * @param count how many
     * @param key the key that all of them bring
     * @param endpoints the addresses that each client asks in turn
     * @param time how long
     * @param every how often each client calls at most; the calls of all clients are spread over that time
     * @return all calls
     */
    List<Call> call(int count, String key, List<URI> endpoints, Duration time, Duration every)
            throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            long begin = System.nanoTime();
            List<Future<List<Call>>> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int first = i;
                clients.add(threads.submit(() -> {
                    List<Call> calls = new ArrayList<>();
                    long due = begin + every.toNanos() * first / count;
                    for (int next = first; System.nanoTime() - begin < time.toNanos(); next++) {
                        await(due);
                        calls.add(call(key, endpoints, next % endpoints.size(), due));
                        due += every.toNanos();
                    }
                    return calls;
                }));
            }
            List<Call> all = new ArrayList<>();
            for (Future<List<Call>> client : clients) {
                all.addAll(client.get());
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void await(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private Call call(String key, List<URI> endpoints, int endpoint, long due)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(endpoints.get(endpoint))
                .header("Authorization", "Bearer " + key)
                .POST(BodyPublishers.noBody())
                .build();
        long sent = System.nanoTime();
        int status = http.send(request, BodyHandlers.discarding()).statusCode();
        return new Call(endpoint, due, sent, System.nanoTime(), status);
    }
}
