package dev.ratelimit.core;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** A call in the middle of the list ends while another one begins. */
@JCStressTest
@Outcome(id = "3, 3", expect = Expect.ACCEPTABLE, desc = "The list has what is in flight, and its sum.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A call is lost, or counts though it has ended.")
@State
public class EndAgainstTake {

    private static final CompiledLimit TEN = CompiledLimits.of(ConcurrencyLimit.of(10, Duration.ofSeconds(1)));

    private final InFlightCounter counter = new InFlightCounter(new Clocks(new ManualTime()));
    private final @Nullable Flight ending;

    public EndAgainstTake() {
        counter.charge(TEN, 1, 0);
        ending = counter.booking(counter.charge(TEN, 1, 0));
        counter.charge(TEN, 1, 2);
    }

    @Actor
    public void end() {
        counter.refund(TEN, ending, 1, 1, 0);
    }

    @Actor
    public void take() {
        counter.charge(TEN, 1, 1);
    }

    @Arbiter
    public void inFlight(JJ_Result result) {
        result.r1 = counter.status(TEN, 3).used();
        result.r2 = counter.countFlights();
    }
}
