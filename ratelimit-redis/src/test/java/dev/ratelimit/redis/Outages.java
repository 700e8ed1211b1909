package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.TimeSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps what it hears of outages, in order: "away", with the cause, or "back"; and counts settlements. */
final class Outages implements OutageListener {

    final AtomicLong delayed = new AtomicLong();
    final AtomicInteger mostWaiting = new AtomicInteger();
    final AtomicLong lost = new AtomicLong();
    final Queue<Throwable> whyLost = new ConcurrentLinkedQueue<>();

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    /** Those that a limiter tells. */
    static OutageListeners told(OutageListener... listeners) {
        return new OutageListeners(List.of(listeners), new ThrottledLog(TimeSource.system(), LogLines::new));
    }

    @Override
    public void unavailable(Throwable cause) {
        heard.add("away: " + cause);
    }

    @Override
    public void available() {
        heard.add("back");
    }

    @Override
    public void unfit(IllegalStateException reason) {
        heard.add("unfit: " + reason.getMessage());
    }

    @Override
    public void settlementsDelayed(long number, int waiting, Throwable cause) {
        assertThat(number).isPositive();
        mostWaiting.accumulateAndGet(waiting, Math::max);
        delayed.addAndGet(number);
    }

    @Override
    public void settlementsLost(long number, Throwable cause) {
        assertThat(number).isPositive();
        whyLost.add(cause);
        lost.addAndGet(number);
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
