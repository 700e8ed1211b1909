package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The asynchronous view of a limiter that answers at once.
 *
 * @param limiter answers
 */
record ImmediateAnswers(RateLimiter limiter) implements AsyncRateLimiter {

    ImmediateAnswers {
        requireNonNull(limiter, "limiter");
    }

    @Override
    public CompletionStage<Decision> tryAcquire(Resolution who, String endpoint, Usage usage) {
        return CompletableFuture.completedStage(limiter.tryAcquire(who, endpoint, usage));
    }

    @Override
    public CompletionStage<Decision> peek(Resolution who, String endpoint, Usage usage) {
        return CompletableFuture.completedStage(limiter.peek(who, endpoint, usage));
    }

    @Override
    public CompletionStage<Reservation> reserve(Resolution who, String endpoint, Usage estimate) {
        return CompletableFuture.completedStage(limiter.reserve(who, endpoint, estimate));
    }

    @Override
    public CompletionStage<Recorded> record(Resolution who, String endpoint, Usage usage) {
        return CompletableFuture.completedStage(limiter.record(who, endpoint, usage));
    }

    @Override
    public CompletionStage<List<LimitStatus>> status(Resolution who, String endpoint) {
        return CompletableFuture.completedStage(limiter.status(who, endpoint));
    }

    @Override
    public CompletionStage<List<LimitStatus>> status(Resolution who) {
        return CompletableFuture.completedStage(limiter.status(who));
    }

    @Override
    public Caller caller(String organization) {
        return limiter.caller(organization);
    }
}
