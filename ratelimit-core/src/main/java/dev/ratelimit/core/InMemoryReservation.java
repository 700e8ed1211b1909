package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.UsedPieces;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The reservation of a call that was admitted. It is made before the call is decided, and nobody sees it if the call is
 * refused.
 *
 * <p><b>Ending.</b> To settle or to cancel takes the charge away by a CAS. Only one call can do that, and it then owns
 * the charge. A piece that was charged meanwhile finds that the charge is gone, and is given back.
 *
 * <p>What is missing is charged first, since that may read a clock of the host, which may throw. Then the reservation
 * is open again, charged as it was. Whoever asked in between was told that it had ended. To give back, afterwards,
 * fails only for want of stack or memory. Then the reservation is open with what is not given back yet.
 *
 * <p>A reservation may outlive the state of its organization, which is dropped when it is idle. It then gives back
 * nothing, since its units do not count any more. What it charges goes to the new state.
 *
 * <p><b>Progress.</b> Lock-free. A reservation must be published safely, by a volatile field or a queue for example. A
 * thread that gets it by a race may find it ended.
 */
final class InMemoryReservation implements Reservation, Ledger {

    private static final VarHandle CHARGE = VarHandles.of(MethodHandles.lookup(), "charge", Charge.class);

    private final OrganizationStore store;
    private final CompiledLimit[] limits;

    /** Whether its decisions tell where the organization stands. */
    private final boolean reports;

    /** What its pieces have used. */
    private final UsedPieces used;

    /** What the estimate has charged. */
    private final @Nullable Piece[] estimate;

    private Admitted decision = Decision.admitted();

    /** Null from the end of the reservation on. */
    private volatile @Nullable Charge charge;

    private InMemoryReservation(
            OrganizationStore store, Parties parties, CompiledLimit[] limits, Usage estimate, boolean reports) {
        this.store = store;
        this.limits = limits;
        this.reports = reports;
        this.used = new UsedPieces(estimate);
        this.estimate = new Piece[limits.length];
        this.charge = new Charge(parties, limits, this.estimate);
    }

    /** Reserves for a caller, who may name members. */
    static Reservation reserve(
            OrganizationStore store, Caller caller, String endpoint, Usage estimate, @Nullable Report report) {
        String name = caller.organization();
        if (caller.members().isEmpty()) {
            return reserve(store, name, caller.tier(), endpoint, estimate, report);
        }
        while (true) {
            PartyGroup group = store.group(caller, endpoint);
            if (group == null) {
                return unmetered(store, name, estimate, report);
            }
            Reservation reservation = reserve(store, group, group.limits, estimate, report);
            if (reservation != null) {
                return reservation;
            }
            store.removeEnded(group.states);
        }
    }

    /** Reserves for an organization, by its name. */
    static Reservation reserve(
            OrganizationStore store, String name, Tier tier, String endpoint, Usage estimate, @Nullable Report report) {
        while (true) {
            OrganizationState organization = store.get(name);
            if (organization == null) {
                return unmetered(store, name, estimate, report);
            }
            Reservation reservation = reserve(store, organization, tier, endpoint, estimate, report);
            if (reservation != null) {
                return reservation;
            }
            store.remove(organization);
        }
    }

    /** Returns the reservation of a call for whose organization there is no place. */
    static Reservation unmetered(OrganizationStore store, String name, Usage estimate, @Nullable Report report) {
        Decision decision = store.decisionAtCapacity(report);
        if (decision instanceof Rejected rejected) {
            return Reservation.rejected(rejected);
        }
        CompiledLimit[] none = {};
        InMemoryReservation unmetered =
                new InMemoryReservation(store, store.unseen(name), none, estimate, isFull(report));
        unmetered.decision = (Admitted) decision;
        return unmetered;
    }

    private static boolean isFull(@Nullable Report report) {
        return report != null && report.isFull();
    }

    /** Reserves for an organization; returns null if its state was dropped meanwhile. */
    static @Nullable Reservation reserve(
            OrganizationStore store,
            OrganizationState organization,
            Tier tier,
            String endpoint,
            Usage estimate,
            @Nullable Report report) {
        CompiledLimit[] limits = organization.limits(tier, endpoint, store.tierCache);
        return reserve(store, organization, limits, estimate, report);
    }

    /** Reserves by some limits; returns null if a state was dropped meanwhile. */
    static @Nullable Reservation reserve(
            OrganizationStore store, Parties parties, CompiledLimit[] limits, Usage estimate, @Nullable Report report) {
        InMemoryReservation reservation = new InMemoryReservation(store, parties, limits, estimate, isFull(report));
        Decision decision = store.decider.decide(parties, limits, estimate, reservation, report);
        if (decision instanceof Rejected rejected) {
            return Reservation.rejected(rejected);
        }
        return decision == null ? null : reservation;
    }

    @Override
    public void charged(int i, OrganizationState organization, Meter.@Nullable Booking booking, long units) {
        estimate[i] = new Piece(organization, booking, units);
    }

    @Override
    public Decision close(Admitted admitted) {
        decision = admitted;
        return admitted;
    }

    @Override
    public Decision decision() {
        return decision;
    }

    @Override
    public Decision use(Usage piece) {
        return use(piece, Report.of(reports, store.listeners));
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage piece) {
        return useAsync(piece, Report.of(reports, store.listeners));
    }

    /** Uses a piece, and says in a report, if there is one, what that tells of the limits. */
    Decision use(Usage piece, @Nullable Report report) {
        requireNonNull(piece, "piece");
        Charge open = charge;
        if (open == null) {
            return ended();
        }
        Usage more = used.take(piece);
        if (more == null) {
            return covered();
        }
        StoreWaits waits = store.waits;
        boolean admitted = false;
        try {
            Decision decision =
                    waits == null ? ask(more, open, report, false) : waits.await(new Addend(more, open, report));
            admitted = decision.isAdmitted();
            return decision;
        } finally {
            if (!admitted) {
                used.giveBack(piece);
            }
        }
    }

    /** Uses a piece as above, without a thread that waits for the store of quotas. */
    CompletionStage<Decision> useAsync(Usage piece, @Nullable Report report) {
        StoreWaits waits = store.waits;
        Charge open = charge;
        if (waits == null || open == null) {
            return CompletableFuture.completedFuture(use(piece, report));
        }
        Usage more = used.take(piece);
        if (more == null) {
            return CompletableFuture.completedFuture(covered());
        }
        return waits.later(new Addend(more, open, report)).whenComplete((decision, failure) -> {
            if (failure != null || !decision.isAdmitted()) {
                used.giveBack(piece);
            }
        });
    }

    private Decision covered() {
        return reports ? Decision.admitted().withLimits(List.of()) : Decision.admitted();
    }

    /** Asks for what a piece uses beyond the estimate; if the store of quotas is away, without it. */
    private Decision ask(Usage more, Charge open, @Nullable Report report, boolean isAway) {
        int[] indexes = indexes(more, open);
        CompiledLimit[] limitsLeft = limitsLeft(more, indexes);
        CompiledLimit[] asked = isAway ? StoreWaits.open(limitsLeft) : limitsLeft;
        long now = store.clocks.nanoTime();
        Parties parties = store.waits == null ? open.parties : live(open);
        while (true) {
            Addition addition = new Addition(parties, indexes, now);
            Decision decided = store.decider.decide(parties.of(indexes), asked, more, addition, report);
            if (decided != null) {
                return decided;
            }
            parties = parties.renewed(store::renewed);
        }
    }

    private Parties live(Charge open) {
        return open.parties.confirmLive() ? open.parties : open.parties.renewed(store::renewed);
    }

    /** Returns which limits a piece is charged to. */
    private int[] indexes(Usage more, Charge open) {
        return IntStream.range(0, limits.length)
                .filter(index -> more.states(limits[index].unit) && open.has(index))
                .toArray();
    }

    private CompiledLimit[] limitsLeft(Usage more, int[] indexes) {
        Usage sum = used.sum();
        return Arrays.stream(indexes)
                .mapToObj(index -> limits[index])
                .map(limit -> limit.lessFor(sum.amountOf(limit.unit) - more.amountOf(limit.unit)))
                .toArray(CompiledLimit[]::new);
    }

    /** What a piece uses beyond the estimate, where the store of quotas may have to be asked. */
    private final class Addend implements StoreWaits.Question<Decision> {

        private final Usage more;
        private final Charge open;
        private final @Nullable Report report;

        Addend(Usage more, Charge open, @Nullable Report report) {
            this.more = more;
            this.open = open;
            this.report = report;
        }

        @Override
        public @Nullable Decision attempt() {
            return Decider.decided(InMemoryReservation.this.ask(more, open, report, false));
        }

        @Override
        public CompletableFuture<@Nullable Void> ask() {
            int[] indexes = indexes(more, open);
            return requireNonNull(store.waits).leases.ask(live(open).of(indexes), limitsLeft(more, indexes), more);
        }

        @Override
        public Decision inOutage(Throwable failure) {
            StoreWaits waits = requireNonNull(store.waits);
            String notice = limits.length == 0 ? "" : limits[0].notice;
            return waits.admits
                    ? InMemoryReservation.this.ask(more, open, report, true)
                    : waits.rejection(notice, reports);
        }
    }

    /** What is added to the charge, if the reservation has not ended by then. */
    private final class Addition implements Ledger {

        private final Parties owner;
        private final int[] indexes;
        private final @Nullable Piece[] pieces;
        private final long now;

        Addition(Parties owner, int[] indexes, long now) {
            this.owner = owner;
            this.indexes = indexes;
            this.pieces = new Piece[indexes.length];
            this.now = now;
        }

        @Override
        public void charged(int i, OrganizationState organization, Meter.@Nullable Booking booking, long units) {
            pieces[i] = new Piece(organization, booking, units);
        }

        @Override
        public Decision close(Admitted admitted) {
            for (Charge open = charge; open != null; open = charge) {
                Charge sum = open.and(owner, indexes, pieces, now);
                if (CHARGE.compareAndSet(InMemoryReservation.this, open, sum)) {
                    return admitted;
                }
            }
            return ended();
        }

        @Override
        public void tidyUp(long now) {
            Charge open = charge;
            if (open != null) {
                open.join(indexes, now);
            }
        }
    }

    private Rejected ended() {
        Rejected ended = Rejected.permanent(new ReservationEnded(), "");
        return reports ? ended.withLimits(List.of()) : ended;
    }

    @Override
    public boolean settle(Usage actual) {
        return settle(actual, null);
    }

    /** Settles for a usage, and says in a report, if there is one, which limits that brought near. */
    boolean settle(Usage actual, @Nullable Report report) {
        requireNonNull(actual, "actual");
        return end(unit -> actual.states(unit) ? actual.amountOf(unit) : -1, report);
    }

    @Override
    public boolean settle() {
        return settle(used.sum());
    }

    @Override
    public boolean cancel() {
        return end(unit -> 0, null);
    }

    @Override
    public boolean renew() {
        Charge open = charge;
        return open != null && open.renew(store.clocks.nanoTime()) && charge != null;
    }

    /** Leaves the actual use charged; where it is negative, what is charged. */
    private boolean end(ToLongFunction<Unit> actual, @Nullable Report report) {
        Charge begun = charge;
        long now = begun != null && begun.hasBuckets() ? store.clocks.nanoTime() : 0;
        Charge open;
        Charge left;
        do {
            open = charge;
            if (open == null) {
                return false;
            }
            left = open.copy();
        } while (!CHARGE.compareAndSet(this, open, null));
        boolean ended = false;
        try {
            left.complete(actual, store, now, report);
            left.reduce(actual, now);
            ended = true;
        } finally {
            if (!ended) {
                charge = left;
            }
        }
        store.waitingCalls.wakeOne(left.parties.name());
        return true;
    }

    /** Counts the pieces that are kept. */
    int pieces() {
        Charge open = charge;
        return open == null ? 0 : open.pieces();
    }
}
