package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.UsedPieces;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /** The bookings of each limit; null when the reservation has ended. Guarded by this. */
    private @Nullable List<Bookings> charges;

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
        List<Bookings> none = encodedLimits.stream().map(Bookings::new).toList();
        this.charges = none;
        append(none, estimate, Set.of());
    }

    @Override
    public Decision decision() {
        return estimate.decision();
    }

    /** Returns how many bookings are kept; of a reservation that has ended, none. */
    synchronized int bookings() {
        return charges == null ? 0 : charges.stream().mapToInt(Bookings::size).sum();
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
        Map<EncodedLimit, Booking> joined = joined();
        return scriptClient
                .charge(
                        limitSet.only(asked),
                        encoded -> (encoded.hasMeter() ? more : sum).amountOf(encoded.unit()),
                        joined,
                        reports)
                .thenCompose(outcome -> keep(outcome, joined.keySet()))
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

    /** Returns what a further piece joins, of the limits in flight. */
    private synchronized Map<EncodedLimit, Booking> joined() {
        Map<EncodedLimit, Booking> joined = new HashMap<>();
        for (Bookings each : charges == null ? List.<Bookings>of() : charges) {
            Booking booking = each.joined();
            if (booking != null) {
                joined.put(each.encoded(), booking);
            }
        }
        return joined;
    }

    private CompletableFuture<Decision> keep(Outcome more, Set<EncodedLimit> inBags) {
        boolean admitted = false;
        synchronized (this) {
            if (charges != null) {
                append(charges, more, inBags);
                admitted = true;
            }
        }
        if (admitted) {
            notifyNear(more.levels());
            return CompletableFuture.completedFuture(more.decision());
        }
        List<Bookings> late =
                more.charged().limits().stream().map(Bookings::new).toList();
        append(late, more, inBags);
        // Nobody waits for it: it is sent before the caller has its answer, and so before any later question.
        Settlements.Sent unused = scriptClient.giveBack(limitSet, changesTo(late, null));
        return CompletableFuture.completedFuture(ended());
    }

    private static void append(List<Bookings> to, Outcome more, Set<EncodedLimit> inBags) {
        for (int i = 0; i < more.bookings().size(); i++) {
            EncodedLimit encoded = more.charged().limits().get(i);
            Booking charge = more.bookings().get(i);
            boolean isBag = charge.units() > 0 && inBags.contains(encoded);
            Booking booking = isBag ? Booking.ofBag(charge.first(), charge.second()) : charge;
            if (charge.units() > 0 || !encoded.isInFlight()) {
                to.stream()
                        .filter(bookings -> bookings.encoded() == encoded)
                        .forEach(bookings -> bookings.add(booking));
            }
        }
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
        List<Bookings> inFlight = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        synchronized (this) {
            if (charges == null) {
                return CompletableFuture.completedFuture(false);
            }
            for (Bookings each : charges) {
                List<Refund> all = each.encoded().isInFlight() ? each.all() : List.of();
                if (!all.isEmpty()) {
                    inFlight.add(each);
                    changes.add(new Change(each.encoded(), all, 0, 0));
                }
            }
        }
        if (changes.isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        return scriptClient.renew(limitSet, changes).thenCompose(renewed -> {
            boolean allCount = renewed.allCount();
            boolean hasAnother = false;
            synchronized (this) {
                for (int i = 0; i < inFlight.size() && charges != null; i++) {
                    allCount &= !inFlight.get(i).hasExpired();
                    hasAnother |= inFlight.get(i)
                            .renewed(changes.get(i).refunds(), renewed.ends().get(i));
                }
            }
            // A piece may have come in between.
            return allCount && hasAnother ? renewed() : CompletableFuture.completedFuture(allCount);
        });
    }

    @Override
    public CompletionStage<Boolean> confirmed() {
        return confirmed.minimalCompletionStage();
    }

    /** Settles for a usage, or cancels if that is null. */
    private CompletableFuture<Boolean> settled(@Nullable Usage actual) {
        List<Bookings> taken = end();
        if (taken == null) {
            return CompletableFuture.completedFuture(false);
        }
        Settlements.Sent sent = scriptClient.settle(limitSet, changesTo(taken, actual), this::notifyNear);
        CompletableFuture<Boolean> unused =
                sent.confirmed().whenComplete((arrived, failure) -> confirmed.complete(arrived));
        return sent.first();
    }

    /** Returns what changes charges to a usage, or gives all back if that is null. */
    private static List<Change> changesTo(List<Bookings> charges, @Nullable Usage actual) {
        List<Change> changes = new ArrayList<>();
        for (Bookings each : charges) {
            EncodedLimit encoded = each.encoded();
            if (actual == null || encoded.isInFlight() || (encoded.hasMeter() && actual.states(encoded.unit()))) {
                Change change = each.changedTo(actual == null ? 0 : actual.amountOf(encoded.unit()));
                if (change != null) {
                    changes.add(change);
                }
            }
        }
        return changes;
    }

    private synchronized @Nullable List<Bookings> end() {
        List<Bookings> taken = charges;
        charges = null;
        return taken;
    }
}
