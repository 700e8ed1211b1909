package dev.ratelimit.redis;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.util.List;
import java.util.function.Consumer;

/**
 * The listeners of a limiter: each event is told to all of them, in the order in which they were added. What a listener throws is logged
 * and swallowed, but for a {@link VirtualMachineError}: the decision is charged by then.
 */
final class Listeners {

    private static final System.Logger LOGGER = System.getLogger(RedisRateLimiter.class.getName());

    private final List<RateLimitListener> listeners;

    Listeners(List<RateLimitListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    /** Tells the answer to a call, and returns it. */
    Decision decided(Caller caller, String endpoint, Usage usage, Decision decision) {
        if (decision.isAdmitted()) {
            tell(listener -> listener.admitted(caller, endpoint, usage));
        }
        return added(caller, endpoint, usage, decision);
    }

    /** Tells the answer to a call that asked for a reservation, and returns one that tells how it goes on. */
    AsyncReservation reserved(Caller caller, String endpoint, Usage estimate, AsyncReservation reservation) {
        boolean admitted =
                decided(caller, endpoint, estimate, reservation.decision()).isAdmitted();
        return admitted && !listeners.isEmpty()
                ? new ToldReservation(reservation, this, caller, endpoint, estimate)
                : reservation;
    }

    /** Tells the answer to more for a reservation, of which the admission is not told, and returns it. */
    Decision added(Caller caller, String endpoint, Usage more, Decision decision) {
        if (decision instanceof Rejected rejected) {
            tell(listener -> listener.rejected(caller, endpoint, more, rejected));
        } else {
            for (Rejected rejected : ((Admitted) decision).shadowRejections()) {
                tell(listener -> listener.wouldReject(caller, endpoint, more, rejected));
            }
        }
        return decision;
    }

    void settled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        tell(listener -> listener.settled(caller, endpoint, estimate, actual));
    }

    void cancelled(Caller caller, String endpoint, Usage estimate) {
        tell(listener -> listener.cancelled(caller, endpoint, estimate));
    }

    private void tell(Consumer<RateLimitListener> event) {
        for (RateLimitListener listener : listeners) {
            attempt(() -> event.accept(listener));
        }
    }

    /** Runs what a host brought. */
    static void attempt(Runnable event) {
        try {
            event.run();
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            LOGGER.log(System.Logger.Level.WARNING, "A listener failed", e);
        }
    }
}
