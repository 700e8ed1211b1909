package dev.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** How calls have ended, as a limiter tells it. */
final class Ends implements RateLimitListener {

    /** What is waited for at most. What takes as long has failed. */
    static final long SECONDS = 60;

    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();

    @Override
    public void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        ends.add("settled for " + actual);
    }

    @Override
    public void onCancelled(Caller caller, String endpoint, Usage estimate) {
        ends.add("cancelled");
    }

    /** Returns the next end, when there is one. */
    String next() throws InterruptedException {
        String end = ends.poll(SECONDS, TimeUnit.SECONDS);
        assertThat(end).as("an end of the call").isNotNull();
        return end;
    }

    int left() {
        return ends.size();
    }
}
