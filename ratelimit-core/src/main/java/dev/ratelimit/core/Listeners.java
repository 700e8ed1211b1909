package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
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
 * <p>What a listener throws is swallowed, errors of its own such as a missing class included: a decision is charged by then, and a caller
 * that did not get it could neither use nor give back what it paid for. It is logged by {@link System.Logger}, which needs no library, at
 * most once a minute for each class of listeners. A {@link VirtualMachineError} is passed on: it is not the listener that fails.
 */
final class Listeners {

    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    /**
     * By listener, the share of an amount from which on the listener is told {@code nearLimit}; infinite, so that no use reaches it,
     * for one that is not to be told.
     */
    final double[] nearLimitAt;

    private final boolean hearNearLimits;
    private final RateLimitListener[] listeners;
    private final Supplier<System.Logger> logger;
    private final LineLimit lines;

    Listeners(List<RateLimitListener> listeners, TimeSource time) {
        // Asked for when something fails, so that a host pays for no logging that it does not need.
        this(listeners, time, () -> System.getLogger(InMemoryRateLimiter.class.getName()));
    }

    Listeners(List<RateLimitListener> listeners, TimeSource time, Supplier<System.Logger> logger) {
        this.listeners = listeners.toArray(RateLimitListener[]::new);
        this.nearLimitAt =
                listeners.stream().mapToDouble(Listeners::nearLimitAt).toArray();
        this.hearNearLimits = Arrays.stream(nearLimitAt).anyMatch(Double::isFinite);
        this.logger = logger;
        this.lines = new LineLimit(BETWEEN_LINES, time);
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

    void admitted(Caller caller, String endpoint, Usage usage) {
        tellAll(listener -> listener.admitted(caller, endpoint, usage));
    }

    void rejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        tellAll(listener -> listener.rejected(caller, endpoint, usage, rejected));
    }

    /** Tells what the shadow tables would have rejected of a call, or of more for a reservation, that was admitted. */
    void wouldReject(Caller caller, String endpoint, Usage usage, Admitted admitted) {
        for (Rejected rejected : admitted.shadowRejections()) {
            tellAll(listener -> listener.wouldReject(caller, endpoint, usage, rejected));
        }
    }

    void settled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        tellAll(listener -> listener.settled(caller, endpoint, estimate, actual));
    }

    void cancelled(Caller caller, String endpoint, Usage estimate) {
        tellAll(listener -> listener.cancelled(caller, endpoint, estimate));
    }

    /** Tells one listener, by its number in {@link #nearLimitAt}: each has a share of its own. */
    void nearLimit(int listener, Caller caller, String endpoint, LimitStatus status) {
        tell(listeners[listener], told -> told.nearLimit(caller, endpoint, status));
    }

    void granted(Caller caller, LimitStatus status) {
        tellAll(listener -> listener.granted(caller, status));
    }

    void reset(String organization) {
        tellAll(listener -> listener.reset(organization));
    }

    void forgotten(String organization) {
        tellAll(listener -> listener.forgotten(organization));
    }

    private void tellAll(Consumer<RateLimitListener> event) {
        for (RateLimitListener listener : listeners) {
            tell(listener, event);
        }
    }

    private void tell(RateLimitListener listener, Consumer<RateLimitListener> event) {
        attempt(() -> event.accept(listener), thrown -> log(listener.getClass().getName(), thrown));
    }

    /** Logs a failure. A log that fails too, often for the same reason, must not cost the caller its decision either. */
    private void log(String listener, Throwable thrown) {
        attempt(() -> lines.offer(listener, suppressed -> write(listener, thrown, suppressed)), unloggable -> {});
    }

    private void write(String listener, Throwable thrown, long suppressed) {
        logger.get()
                .log(
                        System.Logger.Level.WARNING,
                        "A rate limit listener failed: " + listener + ", suppressed=" + suppressed,
                        thrown);
    }

    private static void attempt(Runnable action, Consumer<Throwable> failed) {
        try {
            action.run();
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable thrown) {
            failed.accept(thrown);
        }
    }
}
