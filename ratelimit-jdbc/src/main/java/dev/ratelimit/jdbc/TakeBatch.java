package dev.ratelimit.jdbc;

import dev.ratelimit.spi.QuotaStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Requests for leases that wait for a connection. Those that have no counter in common go to the database together, so
 * that many organizations share a round trip and a flush of its log. Safe for use by many threads.
 *
 * <p>One batch has the turn. What arrives meanwhile is the next one: on more connections it would go in more
 * statements, and a statement costs more than a request in it. A batch that takes long gives the turn away.
 *
 * <p>A request whose counters somebody else has locked goes again with the next ones. After some times it goes alone,
 * and waits for the lock.
 */
final class TakeBatch {

    /** The most requests that go together. */
    private static final int MOST = 96;

    /** How often a request is left out before it goes alone. */
    private static final int MOST_LEFT_OUT = 3;

    /** After how long a batch gives the turn away. So nobody waits for a lock, or a connection, that is not his. */
    private static final Duration PATIENCE = Duration.ofMillis(20);

    private static final class Pending {

        final List<QuotaStore.LeaseRequest> leases;
        final Set<CounterKey> counters = new HashSet<>();
        final CompletableFuture<QuotaStore.Answer<QuotaStore.Taken>> answer;
        private int leftOut;

        Pending(List<QuotaStore.LeaseRequest> leases, CompletableFuture<QuotaStore.Answer<QuotaStore.Taken>> answer) {
            this.leases = leases;
            this.answer = answer;
            leases.forEach(lease -> counters.add(CounterRow.key(lease.counter())));
        }

        boolean goesAlone() {
            return leftOut >= MOST_LEFT_OUT;
        }
    }

    private final Worker worker;

    /** Guarded by itself. */
    private final Deque<Pending> waiting = new ArrayDeque<>();

    /** The first request of the batch that has the turn; null if none has. Guarded by what waits. */
    private @Nullable Pending turn;

    TakeBatch(Worker worker) {
        this.worker = worker;
    }

    CompletableFuture<QuotaStore.Answer<QuotaStore.Taken>> take(List<QuotaStore.LeaseRequest> leases) {
        Pending pending = new Pending(leases, worker.inTime());
        boolean begins;
        synchronized (waiting) {
            if (waiting.size() >= Worker.MOST_WAITING) {
                worker.reject(pending.answer, new RejectedExecutionException());
                return pending.answer;
            }
            waiting.add(pending);
            begins = turn == null;
        }
        if (begins) {
            worker.execute(pending.answer, this::takeNext);
        }
        return pending.answer;
    }

    /** Returns how many requests wait. */
    int waiting() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    private void takeNext() {
        List<Pending> batch = next();
        if (batch.isEmpty()) {
            return; // others have taken it along, or will
        }
        Pending first = batch.get(0);
        Future<?> patience = worker.after(first.goesAlone() ? Duration.ZERO : PATIENCE, () -> letNextBegin(first));
        try {
            worker.runNow((session, tables) -> take(session, tables, batch));
        } catch (Throwable e) {
            batch.forEach(each -> worker.fail(each.answer, e));
        }
        patience.cancel(false);
        putBack(batch);
        letNextBegin(first);
    }

    /** Puts requests back that were left out. They are the first of those that go next. */
    private void putBack(List<Pending> batch) {
        List<Pending> open =
                batch.stream().filter(each -> !each.answer.isDone()).toList();
        synchronized (waiting) {
            for (int i = open.size() - 1; i >= 0; i--) {
                open.get(i).leftOut++;
                waiting.addFirst(open.get(i));
            }
        }
    }

    /** Lets the next ones begin, unless another batch than that of a request has the turn. */
    private void letNextBegin(Pending first) {
        Pending next;
        synchronized (waiting) {
            if (turn == first) {
                turn = null;
            }
            next = turn == null ? waiting.peek() : null;
        }
        if (next != null) {
            worker.execute(next.answer, this::takeNext);
        }
    }

    private boolean take(Session session, QuotaTables tables, List<Pending> batch) throws SQLException {
        try {
            tables.take(
                    session,
                    batch.stream().map(each -> each.leases).toList(),
                    (answer, i) -> worker.succeed(batch.get(i).answer, answer));
        } catch (SQLException e) {
            if (DatabaseFailure.isSilence(e) && !tables.dialect.isLostRace(e)) {
                throw e;
            }
            takeEach(session, tables, batch);
        }
        return true;
    }

    /* One of them may be a copy of a request that was done, or be wrong. The others have nothing to do with it. */
    private void takeEach(Session session, QuotaTables tables, List<Pending> batch) {
        for (Pending each : batch) {
            if (!each.answer.isDone()) {
                try {
                    worker.succeed(each.answer, tables.takeOnce(session, each.leases));
                } catch (SQLException | RuntimeException e) {
                    worker.fail(each.answer, e);
                }
            }
        }
    }

    /** Gives the turn to requests that are still asked, and have no counter in common; to none if others have it. */
    private List<Pending> next() {
        List<Pending> batch = new ArrayList<>();
        Set<CounterKey> counters = new HashSet<>();
        synchronized (waiting) {
            waiting.removeIf(pending -> pending.answer.isDone());
            if (!waiting.isEmpty() && waiting.element().goesAlone()) {
                return List.of(waiting.remove());
            }
            if (turn != null) {
                return batch;
            }
            Iterator<Pending> each = waiting.iterator();
            while (each.hasNext() && batch.size() < MOST) {
                Pending pending = each.next();
                if (Collections.disjoint(pending.counters, counters)) {
                    each.remove();
                    counters.addAll(pending.counters);
                    batch.add(pending);
                }
            }
            turn = batch.isEmpty() ? null : batch.get(0);
        }
        return batch;
    }
}
