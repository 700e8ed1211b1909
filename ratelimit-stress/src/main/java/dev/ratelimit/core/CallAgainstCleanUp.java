package dev.ratelimit.core;

import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.util.List;
import java.util.stream.IntStream;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A call is made while its organization, idle so far, is looked at to drop it. */
@JCStressTest
@Outcome(id = "admitted, 1", expect = Expect.ACCEPTABLE, desc = "The call counts, in the old state or in a new one.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The admitted call is lost with the state that was dropped.")
@State
public class CallAgainstCleanUp {

    private static final Tier TIER = Book.perHour(1);

    /** Meters that a look has to go through beside that of the call, which gives the call time to come in between. */
    private static final List<CompiledLimit> OTHERS = IntStream.range(0, 12)
            .mapToObj(i -> CompiledLimits.of(Quota.lifetime(new Unit("unit-" + i), 1)))
            .toList();

    private final Book book = new Book();

    public CallAgainstCleanUp() {
        OTHERS.forEach(book.organization()::meter);
        book.used(TIER, "chat"); // which makes the meter, so that the race is for the charge
    }

    @Actor
    public void call(LL_Result result) {
        result.r1 = book.call(TIER, "chat");
    }

    @Actor
    public void cleanUp() {
        book.all.sweepAll();
    }

    @Arbiter
    public void used(LL_Result result) {
        result.r2 = book.used(TIER, "chat");
    }
}
