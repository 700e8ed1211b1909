package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Use;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tells the store of quotas how much of the leases of this machine is used, and gives back what is idle, by rounds.
 *
 * <p>While something is leased, or the store is to be told something, there is a round every half second. A period of
 * which nothing was used in {@link LeasedPeriod#IDLE} of them gives its leases back. So they are back within two
 * seconds, and somebody who calls every second keeps them. Every second round tells how much is used.
 *
 * <p>Safe for use by many threads. No thread waits here.
 */
final class LeaseRounds {

    private static final long ROUND = 500_000_000L;

    /** How long units wait to be told, so that they are told together. */
    private static final long GATHERING = 100_000_000L;

    /** About how many idle leases go back in one request: a call that needs one of them waits for its answer. */
    private static final int MOST_TOGETHER = 128;

    /** The most ended leases, and periods, that wait for the store to answer again. */
    private static final int MOST_ENDED = 100_000;

    private final QuotaStore store;
    private final StoreExchanges exchanges;
    private final Clocks clocks;
    private final ScheduledExecutorService scheduler;

    /** The periods of which the store has something of this machine, or is to be told something. */
    private final Set<LeasedPeriod> active = ConcurrentHashMap.newKeySet();

    /** The leases that have ended, and that the store has not confirmed to have ended. */
    private final ConcurrentLinkedQueue<Use> ended = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean roundIsSet = new AtomicBoolean();
    private final AtomicBoolean tellingIsSet = new AtomicBoolean();
    private final AtomicLong lost = new AtomicLong();
    private volatile boolean closed;

    /** Whether the next round tells how much is used. For the thread of the rounds. */
    private boolean tellsUse;

    LeaseRounds(QuotaStore store, StoreExchanges exchanges, Clocks clocks, ScheduledExecutorService scheduler) {
        this.store = store;
        this.exchanges = exchanges;
        this.clocks = clocks;
        this.scheduler = scheduler;
    }

    /** Makes the scheduler of a limiter: one thread, which keeps no JVM from ending. */
    static ScheduledExecutorService newScheduler() {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "ratelimit-quotas");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Returns the places of the exchanges of some periods. */
    static List<AtomicReference<@Nullable Exchange<?>>> places(Collection<LeasedPeriod> periods) {
        List<AtomicReference<@Nullable Exchange<?>>> places = new ArrayList<>();
        periods.forEach(period -> places.add(period.exchange));
        return places;
    }

    static CompletionStage<Answer<Boolean>> done(CompletionStage<Instant> stage) {
        return stage.thenApply(now -> new Answer<>(true, now));
    }

    boolean isClosed() {
        return closed;
    }

    /** Gives a lease back in one of the next rounds. */
    void giveBackLater(Use use) {
        ended.add(use);
    }

    /** Takes note that the store is to be told something, or that a lease is to be given back. */
    void activate(LeasedPeriod period) {
        active.add(period);
        if (period.untold() != 0 && tellingIsSet.compareAndSet(false, true)) {
            set(this::tell, GATHERING);
        }
        if (roundIsSet.compareAndSet(false, true)) {
            set(this::round, ROUND);
        }
    }

    private void set(Runnable task, long nanos) {
        if (closed) {
            return;
        }
        try {
            Object unused = scheduler.schedule(task, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The limiter is closed, which does all that rounds do.
        }
    }

    /** Ends a period that is not the current one any more. */
    void end(LeasedPeriod period) {
        ended.addAll(period.end(false));
        if (period.isActive()) {
            activate(period);
        }
    }

    /** Ends what some meters have, whose use is forgotten. Returns what ends when their leases are back. */
    CompletableFuture<@Nullable Void> forget(Collection<LeasedQuota> quotas) {
        for (LeasedQuota quota : quotas) {
            LeasedPeriod period = quota.last();
            ended.addAll(period.end(true));
            activate(period);
        }
        return CompletableFuture.allOf(giveBackEnded().toArray(CompletableFuture<?>[]::new));
    }

    private void round() {
        roundIsSet.set(false);
        if (closed) {
            return; // closing did all that a round does
        }
        giveBackIdle(clocks.nanoTime());
        if (tellsUse) {
            tellUse();
        }
        tellsUse = !tellsUse;
        if ((!active.isEmpty() || !ended.isEmpty()) && roundIsSet.compareAndSet(false, true)) {
            set(this::round, ROUND);
        }
    }

    private void tellUse() {
        List<Use> uses = new ArrayList<>();
        Map<UUID, LeasedPeriod> holders = new HashMap<>();
        for (LeasedPeriod period : active) {
            for (Use use : period.uses()) {
                uses.add(use);
                holders.put(use.lease(), period);
            }
            dropIfDone(period);
        }
        giveBackEnded();
        for (int i = 0; i < uses.size(); i += QuotaStore.MOST_REQUESTS) {
            report(List.copyOf(uses.subList(i, Math.min(i + QuotaStore.MOST_REQUESTS, uses.size()))), holders);
        }
        tell();
    }

    /** Drops a period that has nothing. One that is over is given up if the store is away for too long. */
    private void dropIfDone(LeasedPeriod period) {
        boolean isGivenUp = period.isActive() && period.isOver() && active.size() > MOST_ENDED;
        if (isGivenUp) {
            lost.addAndGet(Math.abs(period.untold()));
        }
        if (isGivenUp || !period.isActive()) {
            active.remove(period);
            if (!isGivenUp && period.isActive()) {
                active.add(period); // a call came in between
            }
        }
    }

    /** Gives back the leases of periods of which nothing was used for some rounds, many in one request. */
    private void giveBackIdle(long now) {
        List<LeasedPeriod> together = new ArrayList<>();
        int leases = 0;
        for (LeasedPeriod period : active) {
            if (isIdle(period, now)) {
                int more = period.uses().size();
                if (leases + more > MOST_TOGETHER && !together.isEmpty()) {
                    giveBack(together);
                    together = new ArrayList<>();
                    leases = 0;
                }
                together.add(period);
                leases += more;
            }
        }
        if (!together.isEmpty()) {
            giveBack(together);
        }
    }

    private boolean isIdle(LeasedPeriod period, long now) {
        Exchange<?> exchange = period.exchange.get();
        if (exchange != null) {
            if (exchange.waits()) {
                CompletableFuture<?> unused = exchanges.join(exchange);
            }
            return false;
        }
        if (!period.isOver()) {
            period.quota.at(now); // ends the period, if its time is over
        }
        ended.addAll(period.takeUsedUp());
        return period.isIdle();
    }

    /** Gives back the leases of some periods. Until the store has answered, no other exchange of them begins. */
    private void giveBack(List<LeasedPeriod> periods) {
        List<Use> all = new ArrayList<>();
        Exchange<Boolean> exchange = new Exchange<>(
                places(periods),
                () -> done(store.giveBack(all)),
                (done, asked) -> periods.forEach(period -> period.quota.reckon(period, asked)),
                true);
        if (exchanges.takePlaces(exchange) != null) {
            if (periods.size() > 1) {
                periods.forEach(period -> giveBack(List.of(period))); // all but those that have begun another exchange
            }
            return;
        }
        periods.forEach(period -> all.addAll(period.takeAll()));
        if (all.isEmpty()) {
            exchange.giveUp();
        } else {
            exchanges.send(exchange);
        }
    }

    private List<CompletableFuture<?>> giveBackEnded() {
        List<CompletableFuture<?>> all = new ArrayList<>();
        while (!ended.isEmpty()) {
            List<Use> some = new ArrayList<>();
            for (Use use = ended.poll();
                    use != null;
                    use = some.size() < QuotaStore.MOST_REQUESTS ? ended.poll() : null) {
                some.add(use);
            }
            CompletableFuture<?> sent = exchanges.begin(
                    new Exchange<Boolean>(List.of(), () -> done(store.giveBack(some)), (done, asked) -> {}, false));
            CompletableFuture<?> unused = sent.whenComplete((done, failure) -> {
                if (failure != null) {
                    keepEnded(some);
                }
            });
            all.add(sent);
            if (sent.isCompletedExceptionally()) {
                break;
            }
        }
        return all;
    }

    private void keepEnded(List<Use> some) {
        if (ended.size() < MOST_ENDED) {
            ended.addAll(some);
        } else {
            lost.addAndGet(some.size());
        }
    }

    private void report(List<Use> uses, Map<UUID, LeasedPeriod> holders) {
        CompletableFuture<?> unused = exchanges.begin(new Exchange<Set<UUID>>(
                List.of(),
                () -> store.report(uses),
                (gone, asked) -> {
                    for (UUID id : gone) {
                        requireNonNull(holders.get(id)).lose(gone);
                    }
                    Set.copyOf(holders.values()).forEach(period -> period.quota.reckon(period, asked));
                },
                false));
    }

    /* ---------------- Telling ---------------- */

    /** Tells the store of units that are used, or given back, and that no lease covers. */
    private void tell() {
        tellingIsSet.set(false);
        List<LeasedPeriod> periods = new ArrayList<>();
        List<Charge> charges = new ArrayList<>();
        for (LeasedPeriod period : active) {
            ended.addAll(period.takeUsedUp());
            long units = period.untold();
            if (units != 0 && period.exchange.get() == null) {
                periods.add(period);
                charges.add(new Charge(UUID.randomUUID(), period.counter, units));
            }
        }
        for (int i = 0; i < periods.size(); i += QuotaStore.MOST_REQUESTS) {
            int end = Math.min(i + QuotaStore.MOST_REQUESTS, periods.size());
            tell(periods.subList(i, end), charges.subList(i, end));
        }
    }

    private void tell(List<LeasedPeriod> periods, List<Charge> charges) {
        CompletableFuture<?> unused = exchanges.begin(new Exchange<List<Count>>(
                places(periods),
                () -> store.charge(charges),
                (counts, asked) -> {
                    for (int i = 0; i < periods.size(); i++) {
                        LeasedPeriod period = periods.get(i);
                        period.quota.reckon(period, asked);
                        period.told(charges.get(i).units(), counts.get(i), asked);
                    }
                },
                true));
    }

    /** Counts the units of leases that no call has used yet, and the units that the store is still to be told. */
    QuotaStats stats() {
        long units = 0;
        long leases = 0;
        long untold = 0;
        for (LeasedPeriod period : active) {
            leases += period.uses().size();
            units += Math.max(0, period.holding.left);
            untold += Math.abs(period.untold());
        }
        return new QuotaStats(leases, units, untold, lost.get(), exchanges.isAway());
    }

    /** Gives back all leases and tells all units. Returns what ends when the store has answered, or does not. */
    CompletableFuture<@Nullable Void> close() {
        closed = true;
        for (LeasedPeriod period : active) {
            ended.addAll(period.end(false));
        }
        List<CompletableFuture<?>> all = giveBackEnded();
        tell();
        for (LeasedPeriod period : active) {
            Exchange<?> exchange = period.exchange.get();
            if (exchange != null) {
                all.add(exchange.attempt());
            }
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }
}
