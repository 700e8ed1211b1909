package dev.ratelimit.redis;

import dev.ratelimit.spi.Printable;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a failed exchange says about the server. Every call that fails is decided as the host chose for an outage; the
 * kinds differ in what else follows.
 *
 * <table>
 *   <caption>What follows from each kind</caption>
 *   <tr><th></th><th>circuit</th><th>a settlement</th><th>when a limiter is built</th></tr>
 *   <tr><td>SILENCE</td><td>counts towards opening it</td><td>is sent again</td><td>Redis is away</td></tr>
 *   <tr><td>NOT_ASKED</td><td>is open already</td><td>is sent again</td><td>Redis is away</td></tr>
 *   <tr><td>FOR_NOW</td><td>an open one stays open</td><td>is sent again</td><td>Redis is away</td></tr>
 *   <tr><td>BY_SETTING</td><td>an open one stays open</td><td>is sent again</td><td>an error</td></tr>
 *   <tr><td>OF_THE_CALL</td><td>an answer as any other</td><td>is given up</td><td>an error</td></tr>
 *   <tr><td>OWN</td><td>nothing</td><td>is given up</td><td>an error</td></tr>
 * </table>
 */
enum Failure {

    /** Nobody answered: the time is over, or the connection is lost, refused or closed, or no node is known. */
    SILENCE,

    /** The circuit is open, or there is no connection yet. */
    NOT_ASKED,

    /** The server answered that it does nothing at present, whoever asks. It has done nothing. */
    FOR_NOW,

    /**
     * The server answered that it does nothing until somebody changes a setting, or a fail-over ends. It has done
     * nothing.
     */
    BY_SETTING,

    /**
     * The server answered an error that concerns this call, for example a key that holds something else. It may have
     * done a part.
     */
    OF_THE_CALL,

    /** A fault of this library's. */
    OWN;

    private static final Map<String, Failure> BY_CODE = Map.ofEntries(
            Map.entry("LOADING", FOR_NOW), // it reads its data
            Map.entry("BUSY", FOR_NOW), // somebody's script runs for seconds
            Map.entry("OOM", FOR_NOW), // the memory is used up, so it writes nothing
            Map.entry("MISCONF", FOR_NOW), // it cannot save, so it writes nothing
            Map.entry("NOREPLICAS", FOR_NOW), // it must have replicas to write
            Map.entry("CLUSTERDOWN", FOR_NOW), // slots are without a node, as in a fail-over
            Map.entry("TRYAGAIN", FOR_NOW), // the slot is being moved
            Map.entry("ASK", FOR_NOW), // the same
            Map.entry("READONLY", BY_SETTING), // it is a replica
            Map.entry("MASTERDOWN", BY_SETTING), // it is a replica, and has lost its primary
            Map.entry("NOAUTH", BY_SETTING), // it wants a password
            Map.entry("WRONGPASS", BY_SETTING), // it wants another password
            Map.entry("DENIED", BY_SETTING), // it lets in its own machine only
            Map.entry("MOVED", BY_SETTING)); // it is a node of a cluster, and was asked as a single server

    /* An error begins with its code. Before version 7, one that a script met stands behind a text of the server's. */
    private static final Pattern CODE = Pattern.compile("^(?:ERR Error running script .*: -)?([A-Z]+)\\b");

    private static final int DEEPEST = 16;

    static Failure of(Throwable failure) {
        String answer = answerIn(failure);
        if (answer != null) {
            return ofAnswer(answer);
        }
        Throwable cause = unwrapped(failure);
        if (cause instanceof RedisUnavailableException) {
            return NOT_ASKED;
        }
        boolean silent = cause instanceof RedisException
                || cause instanceof TimeoutException
                || cause instanceof CancellationException
                || cause instanceof RejectedExecutionException
                || cause instanceof IOException;
        return silent ? SILENCE : OWN;
    }

    /** Returns the error that the server answered, wherever Lettuce has wrapped it; null if it has answered none. */
    static @Nullable String answerIn(Throwable failure) {
        return answerIn(failure, DEEPEST);
    }

    /* Nodes of a cluster are asked side by side: what the others answered is suppressed. */
    private static @Nullable String answerIn(@Nullable Throwable failure, int deepest) {
        if (failure == null || deepest == 0) {
            return null;
        }
        if (failure instanceof RedisCommandExecutionException) {
            return String.valueOf(failure.getMessage());
        }
        String found = answerIn(failure.getCause(), deepest - 1);
        for (Throwable other : failure.getSuppressed()) {
            found = found != null ? found : answerIn(other, deepest - 1);
        }
        return found;
    }

    /**
     * Returns a failure whose texts can be shown: itself, unless it or a cause has a text that must not be printed.
     * Then one of the same kind, with its text made printable and without causes. A server chooses what its errors say,
     * and Lettuce repeats that.
     */
    static Throwable printable(Throwable failure) {
        if (failure instanceof Error || isPrintable(failure, DEEPEST)) {
            return failure;
        }
        Throwable printable = of(failure).as(failure);
        printable.setStackTrace(failure.getStackTrace());
        return printable;
    }

    private Throwable as(Throwable failure) {
        String answer = answerIn(failure);
        if (answer != null) {
            return new RedisCommandExecutionException(Printable.text(answer));
        }
        String text = Printable.text(failure.toString());
        return switch (this) {
            case NOT_ASKED -> new RedisUnavailableException(text, null);
            case OWN -> new IllegalStateException(text);
            default -> new RedisException(text);
        };
    }

    private static boolean isPrintable(@Nullable Throwable failure, int deepest) {
        if (failure == null) {
            return true;
        }
        if (deepest == 0) {
            return false;
        }
        String text = String.valueOf(failure.getMessage());
        return text.equals(Printable.text(text))
                && isPrintable(failure.getCause(), deepest - 1)
                && Arrays.stream(failure.getSuppressed()).allMatch(other -> isPrintable(other, deepest - 1));
    }

    private static Failure ofAnswer(String answer) {
        if (answer.startsWith("ERR max number of clients reached")) {
            return FOR_NOW;
        }
        Matcher code = CODE.matcher(answer);
        return code.find() ? BY_CODE.getOrDefault(code.group(1), OF_THE_CALL) : OF_THE_CALL;
    }

    /** Tells whether the server has answered an error. */
    boolean isAnswer() {
        return this == FOR_NOW || this == BY_SETTING || this == OF_THE_CALL;
    }

    /** Tells whether the same may succeed later without anybody's doing, so that a limiter can be built meanwhile. */
    boolean isAway() {
        return this == SILENCE || this == NOT_ASKED || this == FOR_NOW;
    }

    /** Tells whether what was asked may be asked again: that it was done before would show by its receipt. */
    boolean isWorthAnotherAttempt() {
        return isAway() || this == BY_SETTING;
    }

    /** Returns what a future failed with. */
    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        boolean wraps = failure instanceof CompletionException || failure instanceof ExecutionException;
        return wraps && cause != null ? cause : failure;
    }
}
