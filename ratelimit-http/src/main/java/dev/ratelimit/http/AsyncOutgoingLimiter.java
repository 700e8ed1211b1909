package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The asynchronous view of an outgoing limiter.
 *
 * @param limiter decides by the documented limits
 * @param outgoing tells until when calls wait
 * @param reports whether decisions tell their limits
 */
record AsyncOutgoingLimiter(AsyncRateLimiter limiter, Outgoing outgoing, boolean reports) implements AsyncRateLimiter {

    @Override
    public CompletionStage<Decision> tryAcquire(Resolution who, String endpoint, Usage usage) {
        requireNonNull(usage, "usage");
        return unlessHeld(
                who,
                endpoint,
                held -> held,
                () -> limiter.tryAcquire(outgoing.within(who), endpoint, usage)
                        .thenApply(decision -> outgoing.answered(who, endpoint, decision, reports)));
    }

    @Override
    public CompletionStage<Decision> peek(Resolution who, String endpoint, Usage usage) {
        requireNonNull(usage, "usage");
        return unlessHeld(
                who,
                endpoint,
                held -> held,
                () -> limiter.peek(outgoing.within(who), endpoint, usage)
                        .thenApply(decision -> outgoing.longer(decision, reports)));
    }

    @Override
    public CompletionStage<Reservation> reserve(Resolution who, String endpoint, Usage estimate) {
        requireNonNull(estimate, "estimate");
        return unlessHeld(
                who,
                endpoint,
                Reservation::rejected,
                () -> limiter.reserve(outgoing.within(who), endpoint, estimate)
                        .thenApply(reservation -> outgoing.answered(who, endpoint, reservation, reports)));
    }

    private <T> CompletionStage<T> unlessHeld(
            Resolution who, String endpoint, Function<Rejected, T> refusal, Supplier<CompletionStage<T>> question) {
        Rejected held = outgoing.held(who, endpoint);
        if (held == null) {
            return question.get();
        }
        return reports
                ? status(who, endpoint).thenApply(limits -> refusal.apply(held.withLimits(limits)))
                : CompletableFuture.completedStage(refusal.apply(held));
    }

    @Override
    public CompletionStage<Recorded> record(Resolution who, String endpoint, Usage usage) {
        return limiter.record(outgoing.within(who), endpoint, usage);
    }

    @Override
    public CompletionStage<List<LimitStatus>> status(Resolution who, String endpoint) {
        return limiter.status(outgoing.within(who), endpoint);
    }

    @Override
    public CompletionStage<List<LimitStatus>> status(Resolution who) {
        return limiter.status(outgoing.within(who));
    }

    @Override
    public Caller caller(String organization) {
        return limiter.caller(organization);
    }
}
