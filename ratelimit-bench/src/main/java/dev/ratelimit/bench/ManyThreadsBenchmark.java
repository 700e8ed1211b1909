package dev.ratelimit.bench;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Admitted calls by far more threads than processors, all for one organization: 64 tasks of 1,000 calls each. The time
 * is that from the start of the first task to the end of the last one, divided by the number of calls. Dimensions: the
 * limiter, and the kind of thread, {@code platform} for a pool of 64, or {@code virtual} for a virtual thread for each
 * task, from JDK 21. The limit is never reached, and a refusal ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar ManyThreadsBenchmark -p kind=platform,virtual
 * }</pre>
 */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class ManyThreadsBenchmark extends TimedCalls {

    private static final int THREADS = 64;
    private static final int CALLS = 1_000;

    /** Which limiter is asked; {@link Limiters} says what each does. */
    @Param({"ratelimit", "bucket4j", "resilience4j", "guava", "failsafe"})
    public String limiter;

    /** Which threads ask. */
    @Param("platform")
    public String kind;

    private ExecutorService threads;
    private List<Callable<Integer>> tasks;

    /** Makes the limiter and the threads. */
    @Setup
    public void makeLimiter() throws ReflectiveOperationException {
        List<String> names = Callers.names(1);
        Keyed keyed = Limiters.of(limiter, names, AdmitBenchmark.UNREACHED, Duration.ofMinutes(1));
        threads = switch (kind) {
            case "platform" -> Executors.newFixedThreadPool(THREADS);
            // The library and its benchmarks are compiled for JDK 17.
            case "virtual" ->
                (ExecutorService) Executors.class
                        .getMethod("newVirtualThreadPerTaskExecutor")
                        .invoke(null);
            default -> throw new IllegalArgumentException("kind must be platform or virtual: kind=" + kind);
        };
        tasks = Collections.nCopies(THREADS, () -> calls(keyed, names.get(0)));
    }

    private static int calls(Keyed keyed, String organization) {
        int admitted = 0;
        for (int i = 0; i < CALLS; i++) {
            if (Answers.isAdmitted(keyed.ask(organization, Keyed.ENDPOINT))) {
                admitted++;
            }
        }
        return admitted;
    }

    /** Ends the threads. */
    @TearDown
    public void endThreads() {
        threads.shutdown();
    }

    /**
     * Runs all tasks.
     *
     * @return the number of calls that were admitted
     * @throws InterruptedException if the run is broken off
     * @throws ExecutionException if a limiter fails
     */
    @Benchmark
    @OperationsPerInvocation(THREADS * CALLS)
    public int admitted() throws InterruptedException, ExecutionException {
        int admitted = 0;
        for (Future<Integer> task : threads.invokeAll(tasks)) {
            admitted += task.get();
        }
        Answers.require(admitted == THREADS * CALLS, "every call must be admitted", admitted);
        return admitted;
    }
}
