package dev.ratelimit.servlet;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A limiter that throws when it is told to: in decisions, or when what it has reserved is ended. */
final class FailingLimiter implements RateLimiter {

    private final RateLimiter limiter;

    volatile boolean failsToDecide;
    volatile boolean failsToEnd;

    FailingLimiter(RateLimiter limiter) {
        this.limiter = limiter.reporting();
    }

    private void decide() {
        if (failsToDecide) {
            throw new StackOverflowError("as planned");
        }
    }

    @Override
    public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        decide();
        return limiter.tryAcquire(who, endpoint, usage);
    }

    @Override
    public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
        decide();
        Reservation reservation = limiter.reserve(who, endpoint, estimate);
        return reservation.decision() instanceof Rejected || !failsToEnd ? reservation : new Unending(reservation);
    }

    /** A reservation that cannot be ended. */
    private record Unending(Reservation reservation) implements Reservation {

        private static IllegalStateException failure() {
            return new IllegalStateException("as planned");
        }

        @Override
        public Decision decision() {
            return reservation.decision();
        }

        @Override
        public Decision use(Usage piece) {
            return reservation.use(piece);
        }

        @Override
        public boolean settle(Usage actual) {
            throw failure();
        }

        @Override
        public boolean settle() {
            throw failure();
        }

        @Override
        public boolean cancel() {
            throw failure();
        }

        @Override
        public boolean renew() {
            return reservation.renew();
        }

        @Override
        public CompletionStage<Boolean> settleAsync(Usage actual) {
            return CompletableFuture.failedStage(failure());
        }
    }

    @Override
    public Decision peek(Resolution who, String endpoint, Usage usage) {
        return limiter.peek(who, endpoint, usage);
    }

    @Override
    public Recorded record(Resolution who, String endpoint, Usage usage) {
        return limiter.record(who, endpoint, usage);
    }

    @Override
    public List<LimitStatus> status(Resolution who, String endpoint) {
        return limiter.status(who, endpoint);
    }

    @Override
    public List<LimitStatus> status(Resolution who) {
        return limiter.status(who);
    }

    @Override
    public Caller caller(String organization) {
        return limiter.caller(organization);
    }

    @Override
    public TimeSource timeSource() {
        return limiter.timeSource();
    }

    @Override
    public RateLimiter reporting() {
        return this;
    }

    @Override
    public AsyncRateLimiter async() {
        return limiter.async();
    }
}
