package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.StoreUnavailableException;
import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store of quotas in memory, for tests. It fails when a test says so.
 *
 * <p>It answers on the calling thread, at once. One object is one machine; {@link #otherMachine} makes others that
 * share the counts. A machine that a test stops using has crashed: what it leased stays taken.
 *
 * <p>A fault lasts until another one, or {@link #works}, is set. Safe for use by many threads.
 */
public final class ManualQuotaStore implements QuotaStore {

    private enum Fault {
        NONE,
        AWAY,
        LOSES_ANSWERS,
        REPEATS,
        HOLDS
    }

    private final QuotaCounts counts;
    private final TimeSource time;
    private final Object machine = new Object();

    /* Guarded by this. */
    private final Deque<Runnable> held = new ArrayDeque<>();
    private Fault fault = Fault.NONE;
    private long requests;

    /**
     * Makes an empty store.
     *
     * @param time its clock is the wall clock of this source
     */
    public ManualQuotaStore(TimeSource time) {
        this(new QuotaCounts(), requireNonNull(time, "time"));
    }

    private ManualQuotaStore(QuotaCounts counts, TimeSource time) {
        this.counts = counts;
        this.time = time;
    }

    /**
     * Makes the store of another machine, which shares the counts and has no fault.
     *
     * @return the store
     */
    public ManualQuotaStore otherMachine() {
        return new ManualQuotaStore(counts, time);
    }

    /* ---------------- Faults ---------------- */

    /** Ends all faults. Requests that were held are done and answered, on this thread. */
    public void works() {
        turnTo(Fault.NONE);
        for (Runnable next = nextHeld(); next != null; next = nextHeld()) {
            next.run();
        }
    }

    /** From now on requests are not done, and fail as away. */
    public void away() {
        turnTo(Fault.AWAY);
    }

    /** From now on requests are done, and fail as away. */
    public void losesAnswers() {
        turnTo(Fault.LOSES_ANSWERS);
    }

    /** From now on each request is done twice, as where a client has sent it again, and answered the second time. */
    public void repeats() {
        turnTo(Fault.REPEATS);
    }

    /** From now on requests are neither done nor answered until the fault ends. */
    public void holds() {
        turnTo(Fault.HOLDS);
    }

    private synchronized void turnTo(Fault next) {
        fault = next;
    }

    private synchronized @Nullable Runnable nextHeld() {
        return held.poll();
    }

    private <T> CompletionStage<T> ask(Supplier<T> request) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Fault now;
        synchronized (this) {
            requests++;
            now = fault;
            if (now == Fault.HOLDS) {
                held.add(() -> answer.complete(request.get()));
            }
        }
        switch (now) {
            case NONE -> answer.complete(request.get());
            case REPEATS -> {
                T unused = request.get();
                answer.complete(request.get());
            }
            case LOSES_ANSWERS -> {
                T unused = request.get();
                answer.completeExceptionally(new StoreUnavailableException("the answer is lost, for a test"));
            }
            case AWAY -> answer.completeExceptionally(new StoreUnavailableException("the store is away, for a test"));
            case HOLDS -> {}
        }
        return answer;
    }

    /* ---------------- What a test looks at ---------------- */

    /**
     * Counts the requests of this machine, those that failed too.
     *
     * @return how many there were
     */
    public synchronized long requests() {
        return requests;
    }

    /**
     * Returns what all counters of a quota show together, of all its periods.
     *
     * @param key which quota of whom
     * @return the sum; it has no units that other machines have not used
     */
    public Count sum(QuotaKey key) {
        return counts.sum(requireNonNull(key, "key"));
    }

    /**
     * Returns the quotas that the store has counters of.
     *
     * @return their keys
     */
    public Set<QuotaKey> keys() {
        return counts.keys();
    }

    /**
     * Counts the leases of all machines.
     *
     * @return how many there are
     */
    public int leases() {
        return counts.leases();
    }

    /* ---------------- The store ---------------- */

    @Override
    public CompletionStage<Answer<Taken>> take(List<LeaseRequest> leases) {
        return ask(() -> answer(counts.take(leases, machine, time.nanoTime())));
    }

    @Override
    public CompletionStage<Answer<Set<UUID>>> report(List<Use> uses) {
        return ask(() -> answer(counts.report(uses, machine, time.nanoTime())));
    }

    @Override
    public CompletionStage<Instant> giveBack(List<Use> uses) {
        return ask(() -> {
            counts.giveBack(uses);
            return time.instant();
        });
    }

    @Override
    public CompletionStage<Answer<List<Count>>> charge(List<Charge> charges) {
        return ask(() -> answer(counts.charge(charges)));
    }

    @Override
    public CompletionStage<Answer<List<Count>>> counts(List<Counter> counters) {
        return ask(() -> answer(counters.stream()
                .map(counter -> counts.count(counter, machine, time.nanoTime()))
                .toList()));
    }

    @Override
    public CompletionStage<Answer<Count>> grant(UUID id, Counter counter, long units) {
        return ask(() -> answer(counts.grant(id, counter, units)));
    }

    @Override
    public CompletionStage<Instant> reset(Owners owners) {
        return ask(() -> {
            counts.clear(owners, time.instant(), false);
            return time.instant();
        });
    }

    @Override
    public CompletionStage<Instant> forget(Owners owners) {
        return ask(() -> {
            counts.clear(owners, time.instant(), true);
            return time.instant();
        });
    }

    private <T> Answer<T> answer(T value) {
        return new Answer<>(value, time.instant());
    }

    /** Ends this machine. The counts stay for others. */
    @Override
    public void close() {
        away();
    }
}
