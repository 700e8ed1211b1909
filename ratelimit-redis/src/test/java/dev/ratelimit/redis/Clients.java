package dev.ratelimit.redis;

import io.lettuce.core.AbstractRedisClient;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends clients of Lettuce. */
final class Clients {

    private Clients() {}

    /**
     * Shuts a client down. Lettuce's own {@code shutdown} waits without a bound, and rarely its threads are gone but
     * nobody completes what it waits for. What a test has found does not depend on that.
     */
    static void shutDown(AbstractRedisClient client) {
        try {
            client.shutdownAsync(0, 5, TimeUnit.SECONDS).get(20, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            System.err.println("Lettuce did not say within 20 seconds that a client is shut down");
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
