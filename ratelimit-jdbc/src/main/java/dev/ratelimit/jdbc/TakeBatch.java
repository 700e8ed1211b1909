package dev.ratelimit.jdbc;

import dev.ratelimit.spi.QuotaStore;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Requests for leases that wait for a connection. Those that have no counter in common go to the database together, so
 * that many organizations share a round trip and a flush of its log. Safe for use by many threads.
 */
final class TakeBatch {

    /** The most requests that go together. */
    private static final int MOST = 64;

    private record Pending(
            List<QuotaStore.LeaseRequest> leases,
            Set<CounterKey> counters,
            CompletableFuture<QuotaStore.Answer<QuotaStore.Taken>> answer) {}

    private final Worker worker;

    /** Guarded by itself. */
    private final Deque<Pending> waiting = new ArrayDeque<>();

    TakeBatch(Worker worker) {
        this.worker = worker;
    }

    CompletableFuture<QuotaStore.Answer<QuotaStore.Taken>> take(List<QuotaStore.LeaseRequest> leases) {
        Set<CounterKey> counters = new HashSet<>();
        leases.forEach(lease -> counters.add(CounterRow.key(lease.counter())));
        Pending pending = new Pending(leases, counters, worker.inTime());
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
    }

    private boolean take(Session session, QuotaTables tables, List<Pending> batch) throws SQLException {
        List<QuotaStore.Answer<QuotaStore.Taken>> answers;
        try {
            answers = tables.take(session, batch.stream().map(Pending::leases).toList());
        } catch (SQLException e) {
            if (DatabaseFailure.isSilence(e) && !tables.dialect.isLostRace(e)) {
                throw e;
            }
            return takeEach(session, tables, batch);
        }
        for (int i = 0; i < batch.size(); i++) {
            worker.succeed(batch.get(i).answer, answers.get(i));
        }
        return true;
    }

    /* One of them may be a copy of a request that was done, or be wrong. The others have nothing to do with it. */
    private boolean takeEach(Session session, QuotaTables tables, List<Pending> batch) {
        for (Pending each : batch) {
            try {
                worker.succeed(each.answer, tables.takeOnce(session, each.leases));
            } catch (SQLException | RuntimeException e) {
                worker.fail(each.answer, e);
            }
        }
        return true;
    }

    /** Removes requests that are still asked, and have no counter in common. */
    private List<Pending> next() {
        List<Pending> batch = new ArrayList<>();
        Set<CounterKey> counters = new HashSet<>();
        synchronized (waiting) {
            Iterator<Pending> each = waiting.iterator();
            while (each.hasNext() && batch.size() < MOST) {
                Pending pending = each.next();
                if (pending.answer.isDone()) {
                    each.remove();
                } else if (pending.counters.stream().noneMatch(counters::contains)) {
                    each.remove();
                    counters.addAll(pending.counters);
                    batch.add(pending);
                }
            }
        }
        return batch;
    }
}
