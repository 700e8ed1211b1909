package dev.ratelimit.bench;

import java.time.Duration;
import java.util.List;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The dimensions of a call under one limit, by names of organization and endpoint, and what they make. */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and a benchmark's @Setup calls limit
public abstract class ManyCallers extends TimedCalls {

    /** Which limiter is asked; {@link Limiters} says what each does. */
    @Param({"ratelimit", "bucket4j", "resilience4j", "guava", "failsafe", "sentinel", "ratelimitj", "smallrye"})
    public String limiter;

    /** How many organizations call. */
    @Param({"1", "1024", "100000"})
    public int organizations;

    /** How often each of them calls: all alike, or the n-th 1/n as often as the first. */
    @Param({"uniform", "zipf"})
    public String spread;

    List<String> names;
    Keyed keyed;
    private Callers callers;

    ManyCallers() {}

    /** Makes the callers, and the limiter with this limit for each. */
    void limit(int amount, Duration window) {
        names = Callers.names(organizations);
        keyed = Limiters.of(limiter, names, amount, window);
        callers = Callers.of(spread, names);
    }

    /** Lets the next organization ask for a call. */
    Object askNext() {
        return keyed.ask(callers.next(), Keyed.ENDPOINT);
    }
}
