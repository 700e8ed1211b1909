package dev.ratelimit.redis;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.util.List;
import java.util.function.Consumer;

/**
 * The listeners of a limiter: each event is told to all of them, in the order in which they were added. What a listener
 * throws is swallowed, but for a {@link VirtualMachineError}: the decision is charged by then. It is logged at most
 * once a minute for each class of listeners.
 */
final class Listeners {

    private final List<RateLimitListener> listeners;
    private final LogThrottle log;

    Listeners(List<RateLimitListener> listeners, LogThrottle log) {
        this.listeners = List.copyOf(listeners);
        this.log = log;
    }

    /** Tells the answer to a call, and returns it. */
    Decision decided(Caller caller, String endpoint, Usage usage, Decision decision) {
        if (decision.isAdmitted()) {
            tell(listener -> listener.onAdmitted(caller, endpoint, usage));
        }
        return added(caller, endpoint, usage, decision);
    }

    /** Tells the record of usage that has happened, and returns it. */
    Recorded recorded(Caller caller, String endpoint, Usage usage, Recorded recorded) {
        if (recorded.isCharged()) {
            tell(listener -> listener.onRecorded(caller, endpoint, usage, recorded));
            if (recorded.answer() instanceof Admitted admitted) {
                added(caller, endpoint, usage, admitted);
            }
        }
        return recorded;
    }

    boolean isEmpty() {
        return listeners.isEmpty();
    }

    /** Tells the answer to more for a reservation, of which the admission is not told, and returns it. */
    Decision added(Caller caller, String endpoint, Usage more, Decision decision) {
        if (decision instanceof Rejected rejected) {
            tell(listener -> listener.onRejected(caller, endpoint, more, rejected));
        } else {
            for (Rejected rejected : ((Admitted) decision).shadowRejections()) {
                tell(listener -> listener.onShadowRejected(caller, endpoint, more, rejected));
            }
        }
        return decision;
    }

    void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        tell(listener -> listener.onSettled(caller, endpoint, estimate, actual));
    }

    void onCancelled(Caller caller, String endpoint, Usage estimate) {
        tell(listener -> listener.onCancelled(caller, endpoint, estimate));
    }

    private void tell(Consumer<RateLimitListener> event) {
        for (RateLimitListener listener : listeners) {
            attempt(listener, log, () -> event.accept(listener));
        }
    }

    /** Runs what a host brought. */
    static void attempt(Object listener, LogThrottle log, Runnable event) {
        try {
            event.run();
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            String name = listener.getClass().getName();
            log.log(System.Logger.Level.WARNING, name, "A listener threw an exception: listener=" + name, e);
        }
    }
}
