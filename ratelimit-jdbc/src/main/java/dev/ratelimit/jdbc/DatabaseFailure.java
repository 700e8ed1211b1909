package dev.ratelimit.jdbc;

import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.StoreUnavailableException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.util.List;
import java.util.function.Predicate;

/** What a failure of a database says: that it did not answer, or that it answered that it does not do it. */
final class DatabaseFailure {

    /**
     * The classes of states that say that the database is away, or does nothing for anybody at present: no connection;
     * a rollback that attempts did not help against; no resources; an operator's doing, or a statement that took too
     * long; a time-out of the driver's.
     */
    private static final List<String> AWAY = List.of("08", "40", "53", "57", "HYT");

    /** How H2 says that a connection or the database is closed. */
    private static final List<String> CLOSED_H2 = List.of("90007", "90013", "90020", "90067", "90098", "90121");

    /** How SQLite says that another one has locked the file. */
    private static final int BUSY = 5;

    private static final int DEEPEST = 16;

    private DatabaseFailure() {}

    /** Returns the exception that tells a limiter of a failure. */
    static RuntimeException of(Throwable failure) {
        if (failure instanceof StoreUnavailableException away) {
            return away;
        }
        String text = Printable.text(String.valueOf(failure.getMessage()));
        if (failure instanceof SQLException e && isSilence(e)) {
            return new StoreUnavailableException("the database did not answer: " + text, failure);
        }
        return failure instanceof SQLException
                ? new IllegalStateException("the database answered with an error: " + text, failure)
                : failure instanceof RuntimeException own ? own : new IllegalStateException(text, failure);
    }

    /** Tells whether nobody answered, so that nobody knows whether the work was done. */
    static boolean isSilence(SQLException e) {
        return isAny(e, DatabaseFailure::isOneSilence);
    }

    /** Tells whether a failure is not of a database, but of a pool in front of it. */
    static boolean isOfNoDatabase(Throwable e) {
        return !isAny(e, one -> one.getSQLState() != null || one.getErrorCode() != 0);
    }

    private static boolean isAny(Throwable e, Predicate<SQLException> test) {
        Throwable each = e;
        for (int depth = 0; each != null && depth < DEEPEST; depth++) {
            if (each instanceof SQLException one && test.test(one)) {
                return true;
            }
            each = each.getCause();
        }
        return false;
    }

    private static boolean isOneSilence(SQLException e) {
        String state = e.getSQLState();
        return e instanceof SQLTransientException
                || e instanceof SQLNonTransientConnectionException
                || e instanceof SQLRecoverableException
                || e instanceof SQLTimeoutException
                || (state == null && e.getErrorCode() == BUSY)
                || (state != null && (AWAY.stream().anyMatch(state::startsWith) || CLOSED_H2.contains(state)));
    }
}
