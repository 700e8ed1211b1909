package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what it hears of outages, in order: "away", with the cause, or "back". */
final class Outages implements OutageListener {

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @Override
    public void unavailable(Throwable cause) {
        heard.add("away: " + cause);
    }

    @Override
    public void available() {
        heard.add("back");
    }

    /** Tells whether all that was heard was asked for. */
    boolean areAllTold() {
        return heard.isEmpty();
    }

    /** Makes calls until something is heard, and returns it. */
    String nextDuring(Runnable call) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            call.run();
            String word = heard.poll(10, TimeUnit.MILLISECONDS);
            if (word != null) {
                return word;
            }
            assertThat(System.nanoTime() - deadline)
                    .as("time to hear of an outage or its end")
                    .isNegative();
        }
    }
}
