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
 * The reservation of a call that Redis admitted. It knows the bookings of its charges; Redis knows the charges only.
 *
 * <p>Only one settlement or cancellation succeeds: it takes the bookings away. A piece that Redis admits meanwhile
 * finds no bookings, and its charge is given back.
 *
 * <p>Safe for use by many threads. No thread holds the lock while it waits for Redis.
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

    /** The bookings of each limit, oldest first; null when the reservation has ended. Guarded by this. */
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

    /** Notifies the listeners whose share of a limit the estimate has reached. */
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
        Usage sum = used.sum();
        return scriptClient
                .charge(
                        limitSet.only(asked),
                        encoded -> (encoded.hasMeter() ? more : sum).amountOf(encoded.unit()),
                        reports)
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
                List<Refund> all = List.of(new Refund(charge, charge.units()));
                back.add(new Change(more.charged().limits().get(i), all, 0, charge.first()));
            }
        }
        // Nobody waits for it: it is sent before the caller has its answer, and so before any later question.
        Settlements.Sent unused = scriptClient.giveBack(limitSet, back);
        return CompletableFuture.completedFuture(ended());
    }

    private void append(List<List<Booking>> to, Outcome more) {
        for (int i = 0; i < more.bookings().size(); i++) {
            EncodedLimit encoded = more.charged().limits().get(i);
            Booking charge = more.bookings().get(i);
            // A charge of 0 units leaves no mark in a window. In a quota it tells the period of the reservation.
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
        return scriptClient.executor().await(renewed(), failure -> false);
    }

    @Override
    public CompletionStage<Boolean> renewAsync() {
        return scriptClient.executor().otherwise(renewed(), failure -> false);
    }

    private CompletableFuture<Boolean> renewed() {
        List<Change> inFlight = new ArrayList<>();
        synchronized (this) {
            if (charges == null) {
                return CompletableFuture.completedFuture(false);
            }
            for (int i = 0; i < encodedLimits.size(); i++) {
                List<Refund> all = charges.get(i).stream()
                        .map(charge -> new Refund(charge, charge.units()))
                        .toList();
                if (encodedLimits.get(i).isInFlight() && !all.isEmpty()) {
                    inFlight.add(new Change(encodedLimits.get(i), all, 0, 0));
                }
            }
        }
        return inFlight.isEmpty() ? CompletableFuture.completedFuture(true) : scriptClient.renew(limitSet, inFlight);
    }

    @Override
    public CompletionStage<Boolean> confirmed() {
        return confirmed.minimalCompletionStage();
    }

    /** Settles for a usage, or cancels if that is null. */
    private CompletableFuture<Boolean> settled(@Nullable Usage actual) {
        List<List<Booking>> taken = end();
        if (taken == null) {
            return CompletableFuture.completedFuture(false);
        }
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < encodedLimits.size(); i++) {
            EncodedLimit encoded = encodedLimits.get(i);
            if (actual == null || encoded.isInFlight()) {
                addChange(changes, encoded, taken.get(i), 0);
            } else if (encoded.hasMeter() && actual.states(encoded.unit())) {
                addChange(changes, encoded, taken.get(i), actual.amountOf(encoded.unit()));
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

    /** Changes the charges of a limit to a number of units. The newest stay; if all are too few, more is charged. */
    private static void addChange(List<Change> changes, EncodedLimit encoded, List<Booking> charged, long units) {
        List<Refund> refunds = new ArrayList<>();
        long missing = units;
        for (int i = charged.size() - 1; i >= 0; i--) {
            Booking charge = charged.get(i);
            long kept = Math.min(charge.units(), missing);
            missing -= kept;
            if (kept < charge.units()) {
                refunds.add(new Refund(charge, charge.units() - kept));
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
