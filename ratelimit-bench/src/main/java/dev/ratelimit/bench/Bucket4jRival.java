package dev.ratelimit.bench;

import io.github.bucket4j.Bucket;
import java.time.Duration;

/** Bucket4j: a bucket of the amount that is refilled greedily, the kind that its documentation begins with. */
record Bucket4jRival(Bucket bucket) implements Rival {

    static Rival of(long amount, Duration window) {
        return new Bucket4jRival(Bucket.builder()
                .addLimit(limit -> limit.capacity(amount).refillGreedy(amount, window))
                .build());
    }

    /** Returns a bucket with three bandwidths, per minute, per day and per 30 days. */
    static Rival ofThreeLimits(long amount) {
        return new Bucket4jRival(Bucket.builder()
                .addLimit(limit -> limit.capacity(amount).refillGreedy(amount, Duration.ofMinutes(1)))
                .addLimit(limit -> limit.capacity(amount).refillGreedy(amount, Duration.ofDays(1)))
                .addLimit(limit -> limit.capacity(amount).refillGreedy(amount, Duration.ofDays(30)))
                .build());
    }

    @Override
    public String name() {
        return "Bucket4j, greedy refill";
    }

    @Override
    public boolean tryAcquire() {
        return bucket.tryConsume(1);
    }
}
