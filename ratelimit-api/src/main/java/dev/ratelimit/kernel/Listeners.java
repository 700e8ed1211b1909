package dev.ratelimit.kernel;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.RoundTrip;
import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The listeners of a limiter. Each event is passed to all of them, in the order in which they were added.
 *
 * <p>What a listener throws is swallowed, errors included: the decision is charged by then, and a caller that did not
 * get it could neither use nor give back what it paid for. The log has it, at most once a minute for each class of
 * listeners.
 *
 * <p>Safe for use by many threads.
 */
public final class Listeners {

    /**
     * What the handlers below name is resolved with this class. To resolve it calls a class loader, and a handler may
     * be entered first where there is no stack for that: then the JVM skips the handler.
     */
    static final List<Class<?>> RESOLVED = List.of(Throwable.class);

    /**
     * A share of an amount, and who is told of it: of all limits, or of soft quotas only. Nobody is told of what is in
     * flight.
     */
    private record Share(double of, RateLimitListener told, boolean softOnly) {

        boolean isCrossed(Limit limit, long used, long granted, long units) {
            long most = limit.most() + granted;
            return !(limit instanceof ConcurrencyLimit)
                    && isNear(used, most, of)
                    && !isNear(used - units, most, of)
                    && (!softOnly || (limit instanceof Quota quota && quota.overrun() == Overrun.NEVER_REFUSES));
        }

        private static boolean isNear(long used, long most, double share) {
            return used > 0 && used / (double) most >= share;
        }
    }

    private final Share[] shares;
    private final RateLimitListener[] listeners;
    private final ThrottledLog log;

    /**
     * Makes the listeners of a limiter.
     *
     * @param listeners the listeners, each asked once for its share
     * @param log has what they throw
     * @throws IllegalArgumentException if a share is out of its range
     */
    public Listeners(List<RateLimitListener> listeners, ThrottledLog log) {
        this.listeners = listeners.toArray(RateLimitListener[]::new);
        List<Share> asked = new ArrayList<>();
        for (RateLimitListener listener : listeners) {
            List<Double> of = listener.nearLimitAt().stream().distinct().toList();
            of.forEach(share -> asked.add(new Share(requireShare(share), listener, false)));
            if (!of.isEmpty() && !of.contains(1.0)) {
                asked.add(new Share(1.0, listener, true));
            }
        }
        this.shares = asked.toArray(Share[]::new);
        this.log = log;
    }

    /**
     * Requires a share of an amount.
     *
     * @param nearLimitAt the share
     * @return the share
     * @throws IllegalArgumentException if the share is not above 0 and up to 1
     */
    public static double requireShare(double nearLimitAt) {
        Arguments.require(nearLimitAt > 0 && nearLimitAt <= 1, "nearLimitAt", "> 0 and <= 1", nearLimitAt);
        return nearLimitAt;
    }

    /**
     * Tells whether some listener is told of near limits.
     *
     * @return whether one is
     */
    public boolean hearNearLimits() {
        return shares.length > 0;
    }

    /**
     * Tells whether there is nobody to notify.
     *
     * @return whether there is no listener
     */
    public boolean isEmpty() {
        return listeners.length == 0;
    }

    /**
     * Passes on the answer to a call.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param usage what was asked for
     * @param decision the answer
     */
    public void onDecided(Caller caller, String endpoint, Usage usage, Decision decision) {
        if (decision.isAdmitted()) {
            onAdmitted(caller, endpoint, usage);
        }
        onAdded(caller, endpoint, usage, decision);
    }

    /**
     * Passes on the answer to more for a reservation, of which the admission is not told.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param more what was asked for
     * @param decision the answer
     */
    public void onAdded(Caller caller, String endpoint, Usage more, Decision decision) {
        if (decision instanceof Rejected rejected) {
            onRejected(caller, endpoint, more, rejected);
        } else {
            for (Rejected rejected : ((Admitted) decision).shadowRejections()) {
                onShadowRejected(caller, endpoint, more, rejected);
            }
        }
    }

    /**
     * Notifies of usage that has happened, and what shadows would have rejected of it; not, if it was not charged.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param usage what was charged
     * @param recorded the answer
     */
    public void onRecorded(Caller caller, String endpoint, Usage usage, Recorded recorded) {
        if (recorded.isCharged()) {
            notifyAll(listener -> listener.onRecorded(caller, endpoint, usage, recorded));
            if (recorded.answer() instanceof Admitted admitted) {
                admitted.shadowRejections().forEach(rejected -> onShadowRejected(caller, endpoint, usage, rejected));
            }
        }
    }

    private void onAdmitted(Caller caller, String endpoint, Usage usage) {
        notifyAll(listener -> listener.onAdmitted(caller, endpoint, usage));
    }

    private void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        notifyAll(listener -> listener.onRejected(caller, endpoint, usage, rejected));
    }

    private void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        notifyAll(listener -> listener.onShadowRejected(caller, endpoint, usage, rejected));
    }

    /**
     * Passes on that a call which was admitted is a reservation.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param estimate what was charged
     */
    public void onReserved(Caller caller, String endpoint, Usage estimate) {
        notifyAll(listener -> listener.onReserved(caller, endpoint, estimate));
    }

    /**
     * Makes the waiting calls of a limiter, whose answers are passed on if there is a listener.
     *
     * @return a set in which no call waits
     */
    public WaitingCalls waitingCalls() {
        return isEmpty() ? new WaitingCalls() : new WaitingCalls(this::onWaited);
    }

    private void onWaited(Caller caller, String endpoint, Decision decision, Supplier<Duration> waited) {
        attempt(() -> {
            Duration time = waited.get();
            notifyAll(listener -> listener.onWaited(caller, endpoint, decision, time));
        });
    }

    /**
     * Passes on that a request to a store is about to be sent.
     *
     * @param operation what is asked of the store
     * @return passes on how the request ends, and throws nothing; {@link RoundTrip#UNHEARD} if nobody hears of it
     */
    public RoundTrip onRoundTrip(String operation) {
        RoundTrip all = RoundTrip.UNHEARD;
        for (RateLimitListener listener : listeners) {
            RoundTrip[] begun = {RoundTrip.UNHEARD};
            notify(listener, each -> begun[0] = each.onRoundTrip(operation));
            RoundTrip one = begun[0];
            if (one != RoundTrip.UNHEARD) {
                RoundTrip others = all;
                all = failure -> {
                    others.onEnd(failure);
                    notify(listener, each -> one.onEnd(failure));
                };
            }
        }
        return all;
    }

    /**
     * Passes on that a reservation was settled.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param estimate what was charged first
     * @param actual what was used in all
     */
    public void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        notifyAll(listener -> listener.onSettled(caller, endpoint, estimate, actual));
    }

    /**
     * Passes on that a reservation was cancelled.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param estimate what was charged first
     */
    public void onCancelled(Caller caller, String endpoint, Usage estimate) {
        notifyAll(listener -> listener.onCancelled(caller, endpoint, estimate));
    }

    /**
     * Tells whether a charge has reached a share that a listener is told of: the charge itself led from below the share
     * to at least the share. Of what is in flight nobody is told.
     *
     * @param limit the limit that was charged
     * @param used what is used after the charge
     * @param granted what may be used beyond the amount
     * @param units how many units were charged; negative if more were given back
     * @return whether {@link #onCharged} has something to tell
     */
    public boolean isCrossed(Limit limit, long used, long granted, long units) {
        for (Share share : shares) {
            if (share.isCrossed(limit, used, granted, units)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Passes a near limit on to each listener whose share a charge {@linkplain #isCrossed has reached}. So one of all
     * charges is told, whatever machines they come from.
     *
     * @param caller who was charged
     * @param endpoint what was called
     * @param after where the organization stands with the limit, as of the charge
     * @param units how many units were charged; negative if more were given back
     */
    public void onCharged(Caller caller, String endpoint, LimitStatus after, long units) {
        for (Share share : shares) {
            if (share.isCrossed(after.applied().limit(), after.used(), after.granted(), units)) {
                onNearLimit(share, caller, endpoint, after);
            }
        }
    }

    private void onNearLimit(Share share, Caller caller, String endpoint, LimitStatus status) {
        notify(share.told, each -> each.onNearLimit(caller, endpoint, status));
    }

    /**
     * Passes on that units were granted.
     *
     * @param caller to whom
     * @param status where the organization stands with the quota
     */
    public void onGranted(Caller caller, LimitStatus status) {
        notifyAll(listener -> listener.onGranted(caller, status));
    }

    /**
     * Passes on that use was carried over.
     *
     * @param caller who was charged
     * @param former the tier that the organization had
     * @param charged where the organization stands with the limits that were charged
     */
    public void onCarriedOver(Caller caller, Caller former, List<LimitStatus> charged) {
        notifyAll(listener -> listener.onCarriedOver(caller, former, charged));
    }

    /**
     * Passes on that the use of an organization was set to nothing.
     *
     * @param organization the name
     */
    public void onReset(String organization) {
        notifyAll(listener -> listener.onReset(organization));
    }

    /**
     * Passes on that the state of an organization was dropped.
     *
     * @param organization the name
     */
    public void onForgotten(String organization) {
        notifyAll(listener -> listener.onForgotten(organization));
    }

    private void notifyAll(Consumer<RateLimitListener> event) {
        for (RateLimitListener listener : listeners) {
            notify(listener, event);
        }
    }

    private void notify(RateLimitListener listener, Consumer<RateLimitListener> event) {
        attempt(log, () -> event.accept(listener), () -> failureOf(listener));
    }

    /**
     * Notifies of something that is decided and charged: what is thrown must not keep the decision from the caller. The
     * action is made before anything is charged, so that nothing can throw but here.
     *
     * @param notifying notifies
     */
    public void attempt(Runnable notifying) {
        attempt(log, notifying, () -> "Rate limit listeners could not be told");
    }

    /**
     * Runs what a host brought, and logs what it throws.
     *
     * @param listener the host's object
     * @param log has what it throws
     * @param event calls the object
     */
    public static void attempt(Object listener, ThrottledLog log, Runnable event) {
        attempt(log, event, () -> failureOf(listener));
    }

    private static String failureOf(Object listener) {
        return "A listener threw an exception: listener=" + listener.getClass().getName();
    }

    private static void attempt(ThrottledLog log, Runnable action, Supplier<String> failure) {
        try {
            action.run();
        } catch (Throwable thrown) {
            try {
                String message = failure.get();
                log.log(System.Logger.Level.WARNING, message, message, thrown);
            } catch (Throwable unloggable) {
                // There is no stack to log it.
            }
        }
    }

    /**
     * Logs a warning to the host.
     *
     * @param warning what should be changed
     */
    public void warn(String warning) {
        log.log(System.Logger.Level.WARNING, warning, warning, null);
    }

    /**
     * Logs a failure of the limiter's own that decides nothing.
     *
     * @param failure what failed
     * @param thrown what was thrown
     */
    public void log(String failure, Throwable thrown) {
        log.log(System.Logger.Level.WARNING, failure, failure, thrown);
    }
}
