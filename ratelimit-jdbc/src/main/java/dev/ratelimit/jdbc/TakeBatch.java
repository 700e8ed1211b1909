package dev.ratelimit.jdbc;

import dev.ratelimit.spi.QuotaStore;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Requests for leases that wait for a connection. Those that have no counter in common go to the database together, so
 * that many organizations share a round trip and a flush of its log. Safe for use by many threads.
 *
 * <p>A request whose counters somebody else has locked goes again with the next ones. After some times it goes alone,
 * and waits for the lock.
 */
final class TakeBatch {

    /** The most requests that go together. */
    private static final int MOST = 96;

    /** How often a request is left out before it goes alone. */
    private static final int MOST_LEFT_OUT = 3;

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
    }

    private final Worker worker;

    /** Guarded by itself. */
    private final Deque<Pending> waiting = new ArrayDeque<>();

    TakeBatch(Worker worker) {
        this.worker = worker;
    }

    CompletableFuture<QuotaStore.Answer<QuotaStore.Taken>> take(List<QuotaStore.LeaseRequest> leases) {
        Pending pending = new Pending(leases, worker.inTime());
        synchronized (waiting) {
            waiting.add(pending);
        }
        worker.execute(pending.answer, this::takeNext);
        return pending.answer;
    }

    private void takeNext() {
        List<Pending> batch = next();
        if (batch.isEmpty()) {
            return; // others have taken it along
        }
        try {
            worker.runNow((session, tables) -> take(session, tables, batch));
        } catch (Throwable e) {
            batch.forEach(each -> worker.fail(each.answer, e));
        }
        putBack(batch);
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
        open.forEach(each -> worker.execute(each.answer, this::takeNext));
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

    /** Removes requests that are still asked, and have no counter in common. */
    private List<Pending> next() {
        List<Pending> batch = new ArrayList<>();
        Set<CounterKey> counters = new HashSet<>();
        synchronized (waiting) {
            waiting.removeIf(pending -> pending.answer.isDone());
            if (!waiting.isEmpty() && waiting.element().leftOut >= MOST_LEFT_OUT) {
                return List.of(waiting.remove());
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
        }
        return batch;
    }
}
