package dev.ratelimit.jdbc;

import java.util.List;
import java.util.Optional;

/**
 * What a {@link JdbcQuotas} has done and sees, for metrics and health. The database is not asked: what is told of other
 * machines is at most 10 seconds old, if the database answers.
 *
 * <p>Immutable. While requests go on, each count is as of another moment.
 */
public final class JdbcQuotasStats {

    private final String machine;
    private final Optional<String> database;
    private final boolean available;
    private final long answered;
    private final long unanswered;
    private final long failed;
    private final int waiting;
    private final long machines;
    private final List<UnseenMachine> unseen;

    JdbcQuotasStats(
            String machine,
            Optional<String> database,
            boolean available,
            long answered,
            long unanswered,
            long failed,
            int waiting,
            long machines,
            List<UnseenMachine> unseen) {
        this.machine = machine;
        this.database = database;
        this.available = available;
        this.answered = answered;
        this.unanswered = unanswered;
        this.failed = failed;
        this.waiting = waiting;
        this.machines = machines;
        this.unseen = List.copyOf(unseen);
    }

    /**
     * Returns the id of this machine, by which the tables know who holds a lease.
     *
     * @return the id
     */
    public String machine() {
        return machine;
    }

    /**
     * Returns the name of the database.
     *
     * @return for example {@code PostgreSQL}; empty while the database was not reached since the start
     */
    public Optional<String> database() {
        return database;
    }

    /**
     * Tells whether the database has answered the last request.
     *
     * @return false while it is away
     */
    public boolean available() {
        return available;
    }

    /**
     * Returns how many requests the database has answered.
     *
     * @return the number since the start
     */
    public long answered() {
        return answered;
    }

    /**
     * Returns how many requests got no answer in time, or lost their connection.
     *
     * @return the number since the start
     */
    public long unanswered() {
        return unanswered;
    }

    /**
     * Returns how many requests the database answered with an error.
     *
     * @return the number since the start
     */
    public long failed() {
        return failed;
    }

    /**
     * Returns how many requests wait for a thread of the store.
     *
     * @return the number, at most 10,000
     */
    public int waiting() {
        return waiting;
    }

    /**
     * Returns how many machines were heard of in the last minute.
     *
     * @return the number, this machine included
     */
    public long machines() {
        return machines;
    }

    /**
     * Returns the machines that hold leases and were not heard of for a minute.
     *
     * @return at most 100 machines, those with the most unused units first
     */
    public List<UnseenMachine> unseen() {
        return unseen;
    }

    @Override
    public String toString() {
        return "JdbcQuotasStats[machine=" + machine + ", database=" + database.orElse("") + ", available=" + available
                + ", answered=" + answered + ", unanswered=" + unanswered + ", failed=" + failed + ", waiting="
                + waiting + ", machines=" + machines + ", unseen=" + unseen + "]";
    }
}
