package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.internal.ExceptionFactory;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What each failure says about the server. */
class FailureTest {

    private static Failure answered(String error) {
        return Failure.of(new RedisCommandExecutionException(error));
    }

    /** As servers word them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FOR_NOW | LOADING Redis is loading the dataset in memory",
                "FOR_NOW | BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
                "FOR_NOW | OOM command not allowed when used memory > 'maxmemory'. script: 86a7, on @user_script:102.",
                "FOR_NOW | MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist "
                        + "to disk.",
                "FOR_NOW | NOREPLICAS Not enough good replicas to write. script: 86a7, on @user_script:102.",
                "FOR_NOW | CLUSTERDOWN Hash slot not served",
                "FOR_NOW | TRYAGAIN Multiple keys request during rehashing of slot",
                "FOR_NOW | ASK 3999 127.0.0.1:6381",
                "FOR_NOW | ERR max number of clients reached",
                "FOR_NOW | ERR Error running script (call to f_86a7): @user_script:12: @user_script: 12: -OOM "
                        + "command not allowed",
                "BY_SETTING | READONLY You can't write against a read only replica. script: 86a7, on @user_script:102.",
                "BY_SETTING | ERR Error running script (call to f_86a7): @user_script:9: @user_script: 9: -READONLY "
                        + "You can't",
                "BY_SETTING | MASTERDOWN ScriptExecutor with MASTER is down and replica-serve-stale-data is set to "
                        + "'no'.",
                "BY_SETTING | NOAUTH Authentication required.",
                "BY_SETTING | WRONGPASS invalid username-password pair or user is disabled.",
                "BY_SETTING | DENIED Redis is running in protected mode because protected mode is enabled",
                "BY_SETTING | MOVED 3999 127.0.0.1:6381",
                "OF_THE_CALL | WRONGTYPE Operation against a key holding the wrong kind of value script: 86a7",
                "OF_THE_CALL | ERR user_script:35: data string too short script: 86a7, on @user_script:35.",
                "OF_THE_CALL | ERR Error running script (call to f_86a7): @user_script:12: WRONGTYPE Operation "
                        + "against a key",
                "OF_THE_CALL | NOPERM this user has no permissions to access one of the keys used as arguments",
                "OF_THE_CALL | CROSSSLOT RedisKeys in request don't hash to the same slot",
                "OF_THE_CALL | ERR an OOM that an organization is called, LOADING: -READONLY",
                "OF_THE_CALL | ''",
            })
    void anAnsweredErrorIsKnownByItsCode(Failure kind, String error) {
        assertThat(answered(error)).isEqualTo(kind);
        assertThat(Failure.of(new CompletionException(new RedisCommandExecutionException(error))))
                .isEqualTo(kind);
        assertThat(Failure.of(ExceptionFactory.createExecutionException(error))).isEqualTo(kind);
    }

    static Stream<Throwable> silences() {
        return Stream.of(
                new TimeoutException(),
                new CancellationException(),
                new RejectedExecutionException("event executor terminated"),
                new RedisCommandTimeoutException("Command timed out after 1 second(s)"),
                new RedisConnectionException("Unable to connect", new ConnectException("Connection refused")),
                new RedisException("Connection is closed"),
                new IOException("Connection reset by peer"));
    }

    @ParameterizedTest
    @MethodSource("silences")
    void whoeverDoesNotAnswerIsSilent(Throwable silence) {
        assertThat(Failure.of(silence)).isEqualTo(Failure.SILENCE);
        assertThat(Failure.of(new CompletionException(silence))).isEqualTo(Failure.SILENCE);
        assertThat(Failure.of(new ExecutionException(silence))).isEqualTo(Failure.SILENCE);
    }

    @Test
    void anErrorIsFoundWhereverLettuceHasWrappedIt() {
        RedisCommandExecutionException answer = new RedisCommandExecutionException("WRONGPASS invalid");
        RedisException wrapped = new RedisException(new RedisConnectionException("Unable to connect", answer));
        assertThat(Failure.of(wrapped)).isEqualTo(Failure.BY_SETTING);
        assertThat(Failure.answerIn(wrapped)).isEqualTo("WRONGPASS invalid");
        RedisException cluster = new RedisConnectionException("no node", new ConnectException("Connection refused"));
        cluster.addSuppressed(wrapped);
        assertThat(Failure.of(cluster)).isEqualTo(Failure.BY_SETTING);
        assertThat(Failure.answerIn(new IOException())).isNull();
    }

    @Test
    void exceptionsThatCauseEachOtherAreNotFollowedForEver() {
        IOException one = new IOException();
        IOException other = new IOException(one);
        one.initCause(other);
        assertThat(Failure.of(one)).isEqualTo(Failure.SILENCE);
    }

    @Test
    void whatIsNotOfRedisIsAFaultOfOurOwn() {
        assertThat(Failure.of(new NullPointerException())).isEqualTo(Failure.OWN);
        assertThat(Failure.of(new CompletionException(new ClassCastException())))
                .isEqualTo(Failure.OWN);
        assertThat(Failure.of(new IllegalStateException("the server's time must lie in a period")))
                .isEqualTo(Failure.OWN);
        assertThat(Failure.of(new RedisUnavailableException("Redis is not asked for a while", null)))
                .isEqualTo(Failure.NOT_ASKED);
    }
}
