package dev.ratelimit.bench;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** A limiter that keeps its counts on a Redis, asked without waiting. Safe for use by many threads. */
interface RedisRival extends AutoCloseable {

    /** Asks for one call of an organization; the answer is whether it may go ahead. */
    CompletionStage<Boolean> ask(int organization);

    /** Returns how many commands it has sent. What a script does on the server is not among them. */
    default long sent(CommandCounts counts) {
        return counts.of("eval") + counts.of("evalsha");
    }

    @Override
    void close();

    /** Returns whether all answers are that the call may go ahead. */
    static CompletableFuture<Boolean> all(Stream<? extends CompletionStage<Boolean>> answers) {
        return answers.map(CompletionStage::toCompletableFuture)
                .reduce((one, other) -> one.thenCombine(other, Boolean::logicalAnd))
                .orElseThrow();
    }

    static String name(int organization) {
        return "organization-" + organization;
    }
}
