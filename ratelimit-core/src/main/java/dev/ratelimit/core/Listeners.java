package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The listeners of a limiter: each event is told to all of them, in the order in which they were added.
 *
 * <p>What is thrown while listeners are told is swallowed, errors included: a decision is charged by then, and a caller
 * that did not get it could neither use nor give back what it paid for. It is logged by {@link System.Logger}, which
 * needs no library, at most once a minute for each class of listeners.
 */
final class Listeners {

    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    /** See {@link Decider#RESOLVED}. */
    static final List<Class<?>> RESOLVED = List.of(Throwable.class);

    /**
     * By listener, the share of an amount from which on the listener is told {@code nearLimit}; infinite, so that no
     * use reaches it, for one that is not to be told.
     */
    final double[] nearLimitAt;

    private final boolean hearNearLimits;
    private final RateLimitListener[] listeners;
    private final Supplier<System.Logger> logger;
    private final LogThrottle lines;

    Listeners(List<RateLimitListener> listeners, TimeSource time) {
        // Asked for when something fails, so that a host pays for no logging that it does not need.
        this(listeners, time, () -> System.getLogger("dev.ratelimit.core.InMemoryRateLimiter"));
    }

    Listeners(List<RateLimitListener> listeners, TimeSource time, Supplier<System.Logger> logger) {
        this.listeners = listeners.toArray(RateLimitListener[]::new);
        this.nearLimitAt =
                listeners.stream().mapToDouble(Listeners::nearLimitAt).toArray();
        this.hearNearLimits = Arrays.stream(nearLimitAt).anyMatch(Double::isFinite);
        this.logger = logger;
        this.lines = new LogThrottle(BETWEEN_LINES, time);
    }

    private static double nearLimitAt(RateLimitListener listener) {
        OptionalDouble share = listener.nearLimitAt();
        return share.isEmpty() ? Double.POSITIVE_INFINITY : requireShare(share.getAsDouble());
    }

    static double requireShare(double nearLimitAt) {
        if (!(nearLimitAt > 0 && nearLimitAt <= 1)) {
            throw new IllegalArgumentException("nearLimitAt must be > 0 and <= 1: nearLimitAt=" + nearLimitAt);
        }
        return nearLimitAt;
    }

    /** Tells whether some listener is to be told near limits. */
    boolean hearNearLimits() {
        return hearNearLimits;
    }

    boolean isEmpty() {
        return listeners.length == 0;
    }

    void onAdmitted(Caller caller, String endpoint, Usage usage) {
        tellAll(listener -> listener.onAdmitted(caller, endpoint, usage));
    }

    void onRecorded(Caller caller, String endpoint, Usage usage, Recorded recorded) {
        tellAll(listener -> listener.onRecorded(caller, endpoint, usage, recorded));
    }

    void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        tellAll(listener -> listener.onRejected(caller, endpoint, usage, rejected));
    }

    /** Tells what the shadow tables would have rejected of a call, or of more for a reservation, that was admitted. */
    void onShadowRejected(Caller caller, String endpoint, Usage usage, Admitted admitted) {
        for (Rejected rejected : admitted.shadowRejections()) {
            tellAll(listener -> listener.onShadowRejected(caller, endpoint, usage, rejected));
        }
    }

    void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        tellAll(listener -> listener.onSettled(caller, endpoint, estimate, actual));
    }

    void onCancelled(Caller caller, String endpoint, Usage estimate) {
        tellAll(listener -> listener.onCancelled(caller, endpoint, estimate));
    }

    /** Tells one listener, by its number in {@link #nearLimitAt}: each has a share of its own. */
    void onNearLimit(int listener, Caller caller, String endpoint, LimitStatus status) {
        notifyEach(listeners[listener], told -> told.onNearLimit(caller, endpoint, status));
    }

    void onGranted(Caller caller, LimitStatus status) {
        tellAll(listener -> listener.onGranted(caller, status));
    }

    void onCarriedOver(Caller caller, Caller former, List<LimitStatus> charged) {
        tellAll(listener -> listener.onCarriedOver(caller, former, charged));
    }

    void onReset(String organization) {
        tellAll(listener -> listener.onReset(organization));
    }

    void onForgotten(String organization) {
        tellAll(listener -> listener.onForgotten(organization));
    }

    private void tellAll(Consumer<RateLimitListener> event) {
        for (RateLimitListener listener : listeners) {
            notifyEach(listener, event);
        }
    }

    private void notifyEach(RateLimitListener listener, Consumer<RateLimitListener> event) {
        attempt(
                () -> event.accept(listener),
                () -> "A rate limit listener failed: " + listener.getClass().getName());
    }

    /**
     * Tells of something that is decided and charged: what is thrown must not keep it from the caller. So what tells is
     * made before there is anything to tell; then nothing can throw but here.
     */
    void attempt(Runnable notifying) {
        attempt(notifying, () -> "Rate limit listeners could not be told");
    }

    private void attempt(Runnable action, Supplier<String> failure) {
        try {
            action.run();
        } catch (Throwable thrown) {
            try {
                log(failure.get(), thrown);
            } catch (Throwable unloggable) {
                // There is no stack to log it.
            }
        }
    }

    /** Logs a failure. A log that fails too, often for the same reason, costs the caller nothing either. */
    void log(String failure, Throwable thrown) {
        try {
            lines.offer(failure, suppressed -> write(failure + ", suppressed=" + suppressed, thrown));
        } catch (Throwable unloggable) {
            // There is nobody else to tell.
        }
    }

    private void write(String message, Throwable thrown) {
        logger.get().log(System.Logger.Level.WARNING, message, thrown);
    }
}
