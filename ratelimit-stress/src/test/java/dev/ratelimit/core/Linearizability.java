package dev.ratelimit.core;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/**
 * Lincheck with the options that all tests here share. The system property {@code lincheck.rounds} makes it try more
 * scenarios.
 */
final class Linearizability {

    private static final int ROUNDS = Integer.getInteger("lincheck.rounds", 1);

    private Linearizability() {}

    /** Checks that what threads see of a class is what they could have seen of a sequential one. */
    static void check(Class<?> shipped, Class<?> sequential) {
        check(shipped, sequential, LinearizabilityVerifier.class);
    }

    /** Checks, interleaving by interleaving and then by running freely, where a verifier says what threads may see. */
    static void check(Class<?> shipped, Class<?> sequential, Class<? extends Verifier> verifier) {
        ModelCheckingOptions modelChecking =
                new ModelCheckingOptions().iterations(ROUNDS).invocationsPerIteration(200);
        StressOptions stress = new StressOptions().iterations(ROUNDS).invocationsPerIteration(300);
        common(modelChecking, sequential).verifier(verifier).check(shipped);
        common(stress, sequential).verifier(verifier).check(shipped);
    }

    /** Checks that in one scenario two threads may see what they could not have seen of a sequential class. */
    static void refute(Class<?> shipped, Class<?> sequential, List<Actor> first, List<Actor> second) {
        ModelCheckingOptions modelChecking = new ModelCheckingOptions()
                .iterations(0)
                .invocationsPerIteration(10_000)
                .addCustomScenario(new ExecutionScenario(List.of(), List.of(first, second), List.of(), null));
        // No AssertJ here: Lincheck transforms each class that is loaded, which takes long with its classes.
        AssertionError found = assertThrows(
                AssertionError.class, () -> common(modelChecking, sequential).check(shipped));
        assertTrue(String.valueOf(found.getMessage()).contains("Invalid execution results"), found::getMessage);
    }

    /* Nothing runs before the parallel part: it would use up the small amounts. */
    private static <O extends Options<O, ?>> O common(O options, Class<?> sequential) {
        return options.actorsBefore(0)
                .threads(2)
                .actorsPerThread(3)
                .actorsAfter(1)
                .minimizeFailedScenario(false)
                .sequentialSpecification(sequential);
    }
}
