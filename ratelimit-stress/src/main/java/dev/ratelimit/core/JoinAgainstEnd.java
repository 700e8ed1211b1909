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

/** A piece joins the flight of its reservation while the reservation ends. */
@JCStressTest
@Outcome(id = "9, 1", expect = Expect.ACCEPTABLE, desc = "Another one is in flight; 9 more fit.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A call is lost, or a piece counts though it has ended.")
@State
public class JoinAgainstEnd {

    private static final CompiledLimit TEN = CompiledLimits.of(ConcurrencyLimit.of(10, Duration.ofSeconds(1)));

    private final InFlightCounter counter = new InFlightCounter(new Clocks(new ManualTime()));
    private final @Nullable Flight first;
    private final @Nullable Flight piece;

    public JoinAgainstEnd() {
        first = counter.booking(counter.charge(TEN, 1, 0));
        counter.charge(TEN, 1, 1);
        piece = counter.booking(counter.charge(TEN, 1, 2));
    }

    @Actor
    public void join() {
        counter.join(first, piece, 2);
    }

    @Actor
    public void end() {
        counter.refund(TEN, piece, 1, 1, 2);
        counter.refund(TEN, first, 1, 1, 2);
    }

    @Arbiter
    public void inFlight(JJ_Result result) {
        result.r2 = counter.countFlights();
        while (counter.charge(TEN, 1, 3) >= 0) {
            result.r1++;
        }
    }
}
