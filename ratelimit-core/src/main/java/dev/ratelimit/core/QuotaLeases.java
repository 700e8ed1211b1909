package dev.ratelimit.core;

import dev.ratelimit.Usage;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the store of quotas for leases of this machine, for what its counters show, and for changes of them. What is
 * leased goes back by {@link LeaseRounds}.
 *
 * <p>Safe for use by many threads. No thread waits here.
 */
final class QuotaLeases implements LeasedQuota.Lender {

    /**
     * The most leases that are taken ahead at a time. Calls that wait for one stand behind these, so they are few. Who
     * finds as many under way takes none ahead; the next call that finds its quota low tries again.
     */
    private static final int MOST_AHEAD = 64;

    final QuotaStore store;
    final StoreExchanges exchanges;
    final LeaseRounds rounds;
    private final Clocks clocks;
    private final AtomicInteger ahead = new AtomicInteger();

    QuotaLeases(QuotaStore store, StoreExchanges exchanges, Clocks clocks, ScheduledExecutorService scheduler) {
        this.store = store;
        this.exchanges = exchanges;
        this.clocks = clocks;
        this.rounds = new LeaseRounds(store, exchanges, clocks, scheduler);
    }

    /** Makes the meter of a quota. */
    LeasedQuota meter(QuotaKey key) {
        return new LeasedQuota(key, clocks, exchanges.clock, this);
    }

    /**
     * Asks the store for what a call lacks, all quotas together, so that the call can be decided. If a state of the
     * parties was dropped as idle meanwhile, nothing is asked: no call would use its leases.
     *
     * @return what ends when the store has answered, or does not
     */
    CompletableFuture<@Nullable Void> ask(Parties parties, CompiledLimit[] limits, Usage usage) {
        long now = clocks.nanoTime();
        List<LeasedPeriod> lacking = new ArrayList<>();
        List<LeaseRequest> requests = new ArrayList<>();
        for (int i = 0; i < limits.length; i++) {
            CompiledLimit limit = limits[i];
            long units = usage.amountOf(limit.unit);
            if (limit.neverRefuses || !(parties.meter(i, limit) instanceof LeasedQuota quota)) {
                continue;
            }
            if (limit.shadow) {
                quota.takeIfUnsure(limit, units, now);
            } else {
                LeasedPeriod period = quota.at(now);
                LeaseRequest request = quota.request(period, limit, units, now);
                Exchange<?> other = request == null ? null : period.exchange.get();
                if (other != null) {
                    return exchanges.join(other);
                }
                if (request != null) {
                    lacking.add(period);
                    requests.add(request);
                }
            }
        }
        return requests.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : take(lacking, requests, parties::confirmLive);
    }

    @Override
    public void takeAhead(LeasedPeriod period, long amount) {
        if (rounds.isClosed() || ahead.get() >= MOST_AHEAD) {
            return;
        }
        ahead.incrementAndGet();
        List<LeaseRequest> requests = List.of(new LeaseRequest(UUID.randomUUID(), period.counter, amount, 1, 1));
        CompletableFuture<?> unused =
                take(List.of(period), requests, () -> true).whenComplete((done, failure) -> ahead.decrementAndGet());
    }

    private CompletableFuture<@Nullable Void> take(
            List<LeasedPeriod> periods, List<LeaseRequest> requests, BooleanSupplier hasUse) {
        periods.forEach(rounds::activate);
        Exchange<Taken> exchange = new Exchange<>(
                LeaseRounds.places(periods),
                () -> store.take(requests),
                (taken, asked) -> took(periods, requests, taken, asked),
                true);
        return exchanges.begin(exchange, hasUse);
    }

    private void took(List<LeasedPeriod> periods, List<LeaseRequest> requests, Taken taken, long asked) {
        for (int i = 0; i < periods.size(); i++) {
            LeasedPeriod period = periods.get(i);
            Count count = taken.counts().get(i);
            UUID id = requests.get(i).id();
            period.quota.reckon(period, asked);
            if (!taken.fits()) {
                period.see(count, asked);
            } else if (!period.add(id, taken.units().get(i), count, asked)) {
                rounds.giveBackLater(new Use(id, 0));
            }
        }
    }

    /**
     * Asks what the counters of some meters show. It waits for an exchange that is under way. If that did not tell it,
     * the store is asked again.
     */
    CompletableFuture<@Nullable Void> refresh(Collection<LeasedQuota> quotas) {
        long now = clocks.nanoTime();
        List<CompletableFuture<?>> all = new ArrayList<>();
        List<LeasedPeriod> periods = new ArrayList<>();
        for (LeasedQuota quota : quotas) {
            LeasedPeriod period = quota.at(now);
            Exchange<?> other = period.exchange.get();
            if (other != null) {
                all.add(exchanges.join(other));
            } else {
                periods.add(period);
            }
        }
        for (int i = 0; i < periods.size(); i += QuotaStore.MOST_REQUESTS) {
            List<LeasedPeriod> some = periods.subList(i, Math.min(i + QuotaStore.MOST_REQUESTS, periods.size()));
            List<QuotaStore.Counter> counters =
                    some.stream().map(period -> period.counter).toList();
            all.add(exchanges.begin(new Exchange<List<Count>>(
                    LeaseRounds.places(some),
                    () -> store.counts(counters),
                    (counts, asked) -> saw(some, counts, asked),
                    false)));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).thenCompose(ended -> {
            List<LeasedQuota> unseen =
                    quotas.stream().filter(quota -> !quota.isSeen(now)).toList();
            return unseen.isEmpty() ? CompletableFuture.completedFuture(null) : refresh(unseen);
        });
    }

    private static void saw(List<LeasedPeriod> periods, List<Count> counts, long asked) {
        for (int i = 0; i < periods.size(); i++) {
            LeasedPeriod period = periods.get(i);
            period.quota.reckon(period, asked);
            period.see(counts.get(i), asked);
        }
    }

    /** Grants units of the current period of a quota. */
    CompletableFuture<@Nullable Void> grant(LeasedPeriod period, UUID id, long units) {
        return whenFree(new Exchange<Count>(
                LeaseRounds.places(List.of(period)),
                () -> store.grant(id, period.counter, units),
                (count, asked) -> saw(List.of(period), List.of(count), asked),
                false));
    }

    private CompletableFuture<@Nullable Void> whenFree(Exchange<?> exchange) {
        Exchange<?> other = exchanges.takePlaces(exchange);
        if (other != null) {
            return exchanges.join(other).thenCompose(free -> whenFree(exchange));
        }
        CompletableFuture<@Nullable Void> attempt = exchange.attempt();
        exchanges.send(exchange);
        return attempt;
    }

    /** Sets what some owners have used to nothing, or forgets it. */
    CompletableFuture<@Nullable Void> clear(QuotaStore.Owners owners, boolean forgets) {
        return exchanges.begin(new Exchange<Boolean>(
                List.of(),
                () -> LeaseRounds.done(forgets ? store.forget(owners) : store.reset(owners)),
                (done, asked) -> {},
                false));
    }

    @Override
    public void activate(LeasedPeriod period) {
        rounds.activate(period);
    }

    @Override
    public void end(LeasedPeriod period) {
        rounds.end(period);
    }
}
