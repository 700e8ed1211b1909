package dev.ratelimit.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.kotlinx.lincheck.execution.ResultWithClock;
import org.jetbrains.kotlinx.lincheck.util.ValueResult;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;
import org.jspecify.annotations.Nullable;

/**
 * Linearizability, but that any operation which overlaps another thread's may result in {@code false}, and has then
 * changed nothing. So more is never admitted, and nothing of what was refused is kept.
 */
public final class NeverMoreVerifier implements Verifier {

    private final Class<?> specification;

    public NeverMoreVerifier(Class<?> specification) {
        this.specification = specification;
    }

    @Override
    public boolean verifyResults(ExecutionScenario scenario, ExecutionResult result) {
        return new Execution(scenario.getThreads(), result.getThreadsResultsWithClock())
                .isExplained(new int[scenario.getNThreads()], List.of());
    }

    /** The operations of each thread, and their results. */
    private final class Execution {

        private final List<List<Actor>> operations;
        private final List<List<ResultWithClock>> results;

        Execution(List<List<Actor>> operations, List<List<ResultWithClock>> results) {
            this.operations = operations;
            this.results = results;
        }

        /**
         * Tells whether there is an order for the operations that are left, when so many of each thread are done and
         * some were applied.
         */
        boolean isExplained(int[] done, List<Actor> applied) {
            boolean left = false;
            for (int thread = 0; thread < done.length; thread++) {
                if (done[thread] < operations.get(thread).size()) {
                    left = true;
                    if (mayBeNext(thread, done) && isExplainedBy(thread, done, applied)) {
                        return true;
                    }
                }
            }
            return !left;
        }

        private boolean mayBeNext(int thread, int[] done) {
            return IntStream.range(0, done.length)
                    .allMatch(other -> endedBefore(thread, done[thread], other) <= done[other]);
        }

        private boolean isExplainedBy(int thread, int[] done, List<Actor> applied) {
            int i = done[thread];
            int[] then = done.clone();
            then[thread]++;
            @Nullable Object actual = value(thread, i);
            if (Boolean.FALSE.equals(actual) && overlaps(thread, i)) {
                return isExplained(then, applied);
            }
            List<Actor> more = new ArrayList<>(applied);
            more.add(operations.get(thread).get(i));
            return Objects.equals(actual, valueOfLast(more)) && isExplained(then, more);
        }

        private boolean overlaps(int thread, int i) {
            return IntStream.range(0, operations.size())
                    .filter(other -> other != thread)
                    .anyMatch(other -> IntStream.range(
                                    endedBefore(thread, i, other),
                                    operations.get(other).size())
                            .anyMatch(j -> endedBefore(other, j, thread) <= i));
        }

        /** Returns how many operations of another thread had ended when one began. */
        private int endedBefore(int thread, int i, int other) {
            return results.get(thread).get(i).getClockOnStart().get(other);
        }

        private @Nullable Object value(int thread, int i) {
            return results.get(thread).get(i).getResult() instanceof ValueResult result ? result.getValue() : null;
        }
    }

    private @Nullable Object valueOfLast(List<Actor> operations) {
        try {
            Object sequential = specification.getConstructor().newInstance();
            @Nullable Object value = null;
            for (Actor operation : operations) {
                Class<?>[] types = operation.getMethod().getParameterTypes();
                value = specification
                        .getMethod(operation.getMethod().getName(), types)
                        .invoke(sequential, operation.getArguments().toArray());
            }
            return value;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
