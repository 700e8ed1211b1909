package dev.ratelimit.spring.webflux;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.RateLimiter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A limiter whose answers come when the test lets them come, or fail. Its decisions are charged at once, as those of a
 * store are whose answer is late. A question that would block fails the test.
 */
final class LateLimiter {

    /** What a thread of the server may ask: it asks no store. */
    private static final Set<String> DO_NOT_BLOCK = Set.of("caller", "timeSource", "toString");

    /** The answers that did not come yet. */
    final BlockingQueue<Runnable> late = new LinkedBlockingQueue<>();

    /** Answers without being late, for the test. */
    final RateLimiter answers;

    private final RateLimiter limiter;

    volatile boolean isLate;
    volatile boolean failsAtOnce;
    volatile boolean failsLater;

    LateLimiter(RateLimiter answers) {
        this.answers = answers.reporting();
        AsyncRateLimiter async = this.answers.async();
        AsyncRateLimiter lateAnswers = proxy(
                AsyncRateLimiter.class,
                (method, arguments) -> method.getName().equals("caller")
                        ? call(async, method, arguments)
                        : later((CompletionStage<?>) call(async, method, arguments)));
        this.limiter = proxy(RateLimiter.class, (method, arguments) -> asked(method, arguments, lateAnswers));
    }

    /** Returns the limiter that is late. */
    RateLimiter limiter() {
        return limiter;
    }

    private Object asked(Method method, Object[] arguments, AsyncRateLimiter lateAnswers) throws Throwable {
        if (method.getName().equals("reporting")) {
            return limiter;
        }
        if (method.getName().equals("async")) {
            if (failsAtOnce) {
                throw new StackOverflowError("as planned");
            }
            return lateAnswers;
        }
        if (!DO_NOT_BLOCK.contains(method.getName())) {
            throw new UnsupportedOperationException("this would block: " + method);
        }
        return call(answers, method, arguments);
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

    /** Answers a call of a method. */
    private interface Handler {

        Object answer(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> handler.answer(method, arguments)));
    }

    private static Object call(Object to, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(to, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
