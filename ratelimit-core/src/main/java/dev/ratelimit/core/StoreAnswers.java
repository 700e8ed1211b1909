package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Endpoints;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The asynchronous view of a limiter whose quotas are in a store. What is leased already is answered at once, and all
 * else by a thread of the common pool when the store has answered.
 */
final class StoreAnswers implements AsyncRateLimiter {

    private final OrganizationStore store;
    private final StoreWaits waits;
    private final StoreQuestions questions;
    private final TierResolver tiers;
    private final boolean reports;

    StoreAnswers(
            OrganizationStore store, StoreWaits waits, StoreQuestions questions, TierResolver tiers, boolean reports) {
        this.store = store;
        this.waits = waits;
        this.questions = questions;
        this.tiers = tiers;
        this.reports = reports;
    }

    private @Nullable Report report() {
        return Report.of(reports, store.listeners);
    }

    private Rejected refused(Resolution refusal) {
        Rejected rejected = (Rejected) refusal;
        return reports ? rejected.withLimits(List.of()) : rejected;
    }

    @Override
    public CompletionStage<Decision> tryAcquire(Resolution who, String endpoint, Usage usage) {
        Resolution resolved = resolve(who, endpoint, usage);
        if (!(resolved instanceof Caller caller)) {
            return CompletableFuture.completedFuture(refused(resolved));
        }
        Report report = report();
        CompletableFuture<Decision> decided = waits.later(questions.tryAcquire(caller, endpoint, usage, report));
        return decided.thenApply(decision -> {
            store.listeners.attempt(() -> store.notifyDecided(caller, endpoint, usage, decision, report));
            return decision;
        });
    }

    @Override
    public CompletionStage<Decision> peek(Resolution who, String endpoint, Usage usage) {
        Resolution resolved = resolve(who, endpoint, usage);
        return resolved instanceof Caller caller
                ? waits.later(questions.peek(caller, endpoint, usage, report()))
                : CompletableFuture.completedFuture(refused(resolved));
    }

    @Override
    public CompletionStage<Reservation> reserve(Resolution who, String endpoint, Usage estimate) {
        Resolution resolved = resolve(who, endpoint, estimate);
        if (!(resolved instanceof Caller caller)) {
            return CompletableFuture.completedFuture(Reservation.rejected(refused(resolved)));
        }
        Report report = report();
        return waits.later(questions.reserve(caller, endpoint, estimate, report))
                .thenApply(reservation -> {
                    if (store.listeners.isEmpty()) {
                        return reservation;
                    }
                    NotifyingReservation told = new NotifyingReservation(store, caller, endpoint, estimate, reports);
                    store.listeners.attempt(() -> told.notifyReserved(reservation.decision(), report));
                    return reservation instanceof InMemoryReservation own ? told.of(own) : reservation;
                });
    }

    @Override
    public CompletionStage<Recorded> record(Resolution who, String endpoint, Usage usage) {
        Resolution resolved = resolve(who, endpoint, usage);
        if (!(resolved instanceof Caller caller)) {
            return CompletableFuture.completedFuture(Recorded.notCharged(refused(resolved)));
        }
        Report report = report();
        return waits.later(questions.record(caller, endpoint, usage, report)).thenApply(recorded -> {
            store.listeners.attempt(() -> store.notifyRecorded(caller, endpoint, usage, recorded, report));
            return recorded;
        });
    }

    @Override
    public CompletionStage<List<LimitStatus>> status(Resolution who, String endpoint) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        return who instanceof Caller caller
                ? waits.later(questions.status(caller, endpoint))
                : CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<List<LimitStatus>> status(Resolution who) {
        requireNonNull(who, "who");
        return who instanceof Caller caller
                ? waits.later(questions.status(caller))
                : CompletableFuture.completedFuture(List.of());
    }

    @Override
    public Caller caller(String organization) {
        return tiers.callerOf(organization);
    }

    private static Resolution resolve(Resolution who, String endpoint, Usage usage) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        return Endpoints.resolve(who, endpoint);
    }
}
