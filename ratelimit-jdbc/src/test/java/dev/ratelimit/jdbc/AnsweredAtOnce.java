package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;

import dev.ratelimit.spi.QuotaStore;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A store whose requests are answered before a test goes on. Else an answer would come when time has moved on. */
record AnsweredAtOnce(QuotaStore store) implements QuotaStore {

    private static <T> CompletionStage<T> atOnce(CompletionStage<T> stage) {
        return CompletableFuture.completedFuture(answer(stage));
    }

    @Override
    public CompletionStage<Answer<Taken>> take(List<LeaseRequest> requests) {
        return atOnce(store.take(requests));
    }

    @Override
    public CompletionStage<Answer<Set<UUID>>> report(List<Use> uses) {
        return atOnce(store.report(uses));
    }

    @Override
    public CompletionStage<Instant> giveBack(List<Use> uses) {
        return atOnce(store.giveBack(uses));
    }

    @Override
    public CompletionStage<Answer<List<Count>>> charge(List<Charge> charges) {
        return atOnce(store.charge(charges));
    }

    @Override
    public CompletionStage<Answer<List<Count>>> counts(List<Counter> counters) {
        return atOnce(store.counts(counters));
    }

    @Override
    public CompletionStage<Answer<Count>> grant(UUID id, Counter counter, long units) {
        return atOnce(store.grant(id, counter, units));
    }

    @Override
    public CompletionStage<Instant> reset(Owners owners) {
        return atOnce(store.reset(owners));
    }

    @Override
    public CompletionStage<Instant> forget(Owners owners) {
        return atOnce(store.forget(owners));
    }

    @Override
    public void close() {
        store.close();
    }
}
