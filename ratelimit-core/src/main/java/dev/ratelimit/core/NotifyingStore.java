package dev.ratelimit.core;

import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.RoundTrip;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A store of quotas whose requests listeners are told of.
 *
 * @param store the store
 * @param listeners hear of each request
 */
record NotifyingStore(QuotaStore store, Listeners listeners) implements QuotaStore {

    /** Returns a store of which the listeners hear; the store itself if there are none. */
    static QuotaStore of(QuotaStore store, Listeners listeners) {
        return listeners.isEmpty() ? store : new NotifyingStore(store, listeners);
    }

    private <T> CompletionStage<T> told(String operation, Supplier<CompletionStage<T>> request) {
        RoundTrip roundTrip = listeners.onRoundTrip(operation);
        CompletionStage<T> answer = request.get();
        return roundTrip == RoundTrip.UNHEARD
                ? answer
                : answer.whenComplete((value, failure) ->
                        roundTrip.onEnd(Optional.ofNullable(failure).map(StoreExchanges::unwrapped)));
    }

    @Override
    public CompletionStage<Answer<Taken>> take(List<LeaseRequest> requests) {
        return told("quotas-take", () -> store.take(requests));
    }

    @Override
    public CompletionStage<Answer<Set<UUID>>> report(List<Use> uses) {
        return told("quotas-report", () -> store.report(uses));
    }

    @Override
    public CompletionStage<Instant> giveBack(List<Use> uses) {
        return told("quotas-give-back", () -> store.giveBack(uses));
    }

    @Override
    public CompletionStage<Answer<List<Count>>> charge(List<Charge> charges) {
        return told("quotas-charge", () -> store.charge(charges));
    }

    @Override
    public CompletionStage<Answer<List<Count>>> counts(List<Counter> counters) {
        return told("quotas-counts", () -> store.counts(counters));
    }

    @Override
    public CompletionStage<Answer<Count>> grant(UUID id, Counter counter, long units) {
        return told("quotas-grant", () -> store.grant(id, counter, units));
    }

    @Override
    public CompletionStage<Instant> reset(Owners owners) {
        return told("quotas-reset", () -> store.reset(owners));
    }

    @Override
    public CompletionStage<Instant> forget(Owners owners) {
        return told("quotas-forget", () -> store.forget(owners));
    }

    @Override
    public void close() {
        store.close();
    }
}
