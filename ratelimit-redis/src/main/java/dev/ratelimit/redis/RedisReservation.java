package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.UsedPieces;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The reservation of a call that Redis admitted: it remembers what was charged where, and Redis remembers nothing of it
 * but the charges.
 *
 * <p>To settle or to cancel takes the charges away, which only one call can do. More that was admitted meanwhile finds
 * that they are gone, and is given back. The lock is held for no longer than that takes, never while Redis is asked.
 */
final class RedisReservation implements AsyncReservation {

    private final ScriptClient scriptClient;
    private final OutagePolicy outagePolicy;
    private final Listeners listeners;
    private final String endpoint;
    private final LimitSet limitSet;
    private final boolean reports;
    private final UsedPieces used;
    private final Outcome estimate;
    private final List<EncodedLimit> encodedLimits;

    private final CompletableFuture<Boolean> confirmed = new CompletableFuture<>();

    /** By rule, oldest first; null when the reservation has ended. Guarded by this. */
    private @Nullable List<List<Booking>> charges;

    RedisReservation(
            ScriptClient scriptClient,
            OutagePolicy outagePolicy,
            Listeners listeners,
            String endpoint,
            Usage usage,
            Outcome estimate,
            boolean reports) {
        this.scriptClient = scriptClient;
        this.outagePolicy = outagePolicy;
        this.endpoint = endpoint;
        this.listeners = listeners;
        this.reports = reports;
        this.used = new UsedPieces(usage);
        this.estimate = estimate;
        this.limitSet = estimate.charged();
        this.encodedLimits = limitSet.limits();
        List<List<Booking>> none = new ArrayList<>();
        encodedLimits.forEach(encoded -> none.add(new ArrayList<>()));
        this.charges = none;
        append(none, estimate);
    }

    @Override
    public Decision decision() {
        return estimate.decision();
    }

    /** Notifies the listeners whose share the estimate has reached. */
    void notifyNear() {
        notifyNear(estimate.levels());
    }

    private void notifyNear(List<Level> levels) {
        Level.notifyNear(levels, listeners, limitSet.caller(), endpoint);
    }

    @Override
    public Decision use(Usage piece) {
        return scriptClient.executor().await(used(piece), failure -> usedInOutage(piece));
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage piece) {
        return scriptClient.executor().otherwise(used(piece), failure -> usedInOutage(piece));
    }

    private CompletableFuture<Decision> used(Usage piece) {
        requireNonNull(piece, "piece");
        if (hasEnded()) {
            return CompletableFuture.completedFuture(ended());
        }
        Usage more = used.take(piece);
        List<EncodedLimit> asked = encodedLimits.stream()
                .filter(encoded -> more != null && more.states(encoded.unit()))
                .toList();
        if (more == null || asked.isEmpty()) {
            Decision admitted = reports ? Decision.admitted().withLimits(List.of()) : Decision.admitted();
            return CompletableFuture.completedFuture(admitted);
        }
        return scriptClient
                .charge(limitSet.only(asked), more, reports)
                .thenCompose(this::keep)
                .whenComplete((decision, failure) -> {
                    if (decision == null || !decision.isAdmitted()) {
                        used.giveBack(piece);
                    }
                });
    }

    private Decision usedInOutage(Usage piece) {
        Usage more = used.take(piece);
        if (more == null) {
            return reports ? Decision.admitted().withLimits(List.of()) : Decision.admitted();
        }
        Decision decision = outagePolicy.use(limitSet.caller(), endpoint, more, reports);
        if (!decision.isAdmitted()) {
            used.giveBack(piece);
        }
        return decision;
    }

    private synchronized boolean hasEnded() {
        return charges == null;
    }

    private CompletableFuture<Decision> keep(Outcome more) {
        boolean admitted = false;
        synchronized (this) {
            if (charges != null) {
                append(charges, more);
                admitted = true;
            }
        }
        if (admitted) {
            notifyNear(more.levels());
            return CompletableFuture.completedFuture(more.decision());
        }
        List<Change> back = new ArrayList<>();
        for (int i = 0; i < more.bookings().size(); i++) {
            Booking charge = more.bookings().get(i);
            if (charge.units() > 0) {
                back.add(new Change(more.charged().limits().get(i), List.of(charge), 0, charge.first()));
            }
        }
        // Not waited for: it is on its way before the answer, and so before any later question.
        Settlements.Sent unused = scriptClient.giveBack(limitSet, back);
        return CompletableFuture.completedFuture(ended());
    }

    private void append(List<List<Booking>> to, Outcome more) {
        for (int i = 0; i < more.bookings().size(); i++) {
            EncodedLimit encoded = more.charged().limits().get(i);
            Booking charge = more.bookings().get(i);
            // Nothing leaves no mark in a window, but says to which period of a quota the reservation belongs.
            if (charge.units() > 0 || encoded.periods != null) {
                append(to.get(encodedLimits.indexOf(encoded)), charge);
            }
        }
    }

    private static void append(List<Booking> to, Booking charge) {
        int last = to.size() - 1;
        if (last >= 0 && isAtTheSamePlace(to.get(last), charge)) {
            long units = to.get(last).units() + charge.units();
            to.set(last, new Booking(charge.first(), charge.second(), units));
        } else {
            to.add(charge);
        }
    }

    private static boolean isAtTheSamePlace(Booking one, Booking other) {
        return one.first() == other.first()
                && one.second() == other.second()
                && one.units() + other.units() <= Arguments.MAX_AMOUNT;
    }

    private Decision ended() {
        Rejected ended = Rejected.permanent(new ReservationEnded(), "");
        return reports ? ended.withLimits(List.of()) : ended;
    }

    @Override
    public boolean settle(Usage actual) {
        return scriptClient.executor().await(settled(requireNonNull(actual, "actual")), failure -> true);
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return scriptClient.executor().otherwise(settled(requireNonNull(actual, "actual")), failure -> true);
    }

    @Override
    public boolean settle() {
        return settle(used.sum());
    }

    @Override
    public CompletionStage<Boolean> settleAsync() {
        return settleAsync(used.sum());
    }

    @Override
    public boolean cancel() {
        return scriptClient.executor().await(settled(null), failure -> true);
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return scriptClient.executor().otherwise(settled(null), failure -> true);
    }

    @Override
    public boolean renew() {
        return !hasEnded();
    }

    @Override
    public CompletionStage<Boolean> confirmed() {
        return confirmed.minimalCompletionStage();
    }

    /** Ends the reservation with what was used, or, if that is null, with nothing. */
    private CompletableFuture<Boolean> settled(@Nullable Usage actual) {
        List<List<Booking>> taken = end();
        if (taken == null) {
            return CompletableFuture.completedFuture(false);
        }
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < encodedLimits.size(); i++) {
            EncodedLimit encoded = encodedLimits.get(i);
            if (actual == null || actual.states(encoded.unit())) {
                long units = actual == null ? 0 : actual.amountOf(encoded.unit());
                addChange(changes, encoded, taken.get(i), units);
            }
        }
        Settlements.Sent sent = scriptClient.settle(limitSet, changes, this::notifyNear);
        CompletableFuture<Boolean> unused =
                sent.confirmed().whenComplete((arrived, failure) -> confirmed.complete(arrived));
        return sent.first();
    }

    private synchronized @Nullable List<List<Booking>> end() {
        List<List<Booking>> taken = charges;
        charges = null;
        return taken;
    }

    /** Leaves a number of units charged: the newest of what there is, and more if that is too little. */
    private static void addChange(List<Change> changes, EncodedLimit encoded, List<Booking> charged, long units) {
        List<Booking> refunds = new ArrayList<>();
        long missing = units;
        for (int i = charged.size() - 1; i >= 0; i--) {
            Booking charge = charged.get(i);
            long kept = Math.min(charge.units(), missing);
            missing -= kept;
            if (kept < charge.units()) {
                refunds.add(new Booking(charge.first(), charge.second(), charge.units() - kept));
            }
        }
        if (missing > 0 || !refunds.isEmpty()) {
            long period = encoded.periods == null
                    ? 0
                    : charged.get(charged.size() - 1).first();
            changes.add(new Change(encoded, refunds, missing, period));
        }
    }
}
