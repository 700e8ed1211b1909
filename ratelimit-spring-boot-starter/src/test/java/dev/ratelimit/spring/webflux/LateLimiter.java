package dev.ratelimit.spring.webflux;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A limiter whose reservations come when the test lets them come, or fail. Its decisions are charged at once, as those
 * of a store are whose answer is late. A question that would block fails the test.
 */
final class LateLimiter implements RateLimiter {

    /** The answers that did not come yet. */
    final BlockingQueue<Runnable> late = new LinkedBlockingQueue<>();

    private final RateLimiter limiter;

    volatile boolean isLate;
    volatile boolean failsAtOnce;
    volatile boolean failsLater;

    LateLimiter(RateLimiter limiter) {
        this.limiter = limiter.reporting();
    }

    private static UnsupportedOperationException blocking() {
        return new UnsupportedOperationException("this would block");
    }

    @Override
    public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        throw blocking();
    }

    @Override
    public Decision peek(Resolution who, String endpoint, Usage usage) {
        throw blocking();
    }

    @Override
    public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
        throw blocking();
    }

    @Override
    public Recorded record(Resolution who, String endpoint, Usage usage) {
        throw blocking();
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
        if (failsAtOnce) {
            throw new StackOverflowError("as planned");
        }
        return new Async(limiter.async());
    }

    private final class Async implements AsyncRateLimiter {

        private final AsyncRateLimiter answers;

        Async(AsyncRateLimiter answers) {
            this.answers = answers;
        }

        private <T> CompletionStage<T> later(CompletionStage<T> answer) {
            if (failsLater) {
                return CompletableFuture.failedStage(new IllegalStateException("as planned"));
            }
            if (!isLate) {
                return answer;
            }
            CompletableFuture<T> promise = new CompletableFuture<>();
            late.add(() -> answer.thenAccept(promise::complete));
            return promise;
        }

        @Override
        public CompletionStage<Decision> tryAcquire(Resolution who, String endpoint, Usage usage) {
            return later(answers.tryAcquire(who, endpoint, usage));
        }

        @Override
        public CompletionStage<Decision> peek(Resolution who, String endpoint, Usage usage) {
            return later(answers.peek(who, endpoint, usage));
        }

        @Override
        public CompletionStage<Reservation> reserve(Resolution who, String endpoint, Usage estimate) {
            return later(answers.reserve(who, endpoint, estimate));
        }

        @Override
        public CompletionStage<Recorded> record(Resolution who, String endpoint, Usage usage) {
            return later(answers.record(who, endpoint, usage));
        }

        @Override
        public CompletionStage<List<LimitStatus>> status(Resolution who, String endpoint) {
            return later(answers.status(who, endpoint));
        }

        @Override
        public CompletionStage<List<LimitStatus>> status(Resolution who) {
            return later(answers.status(who));
        }

        @Override
        public Caller caller(String organization) {
            return answers.caller(organization);
        }
    }
}
