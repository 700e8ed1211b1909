package dev.ratelimit.core;

import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.util.List;
import java.util.stream.IntStream;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZL_Result;

/** Usage that has happened is recorded while its organization, idle so far, is looked at to drop it. */
@JCStressTest
@Outcome(id = "true, 1", expect = Expect.ACCEPTABLE, desc = "The usage counts, in the old state or in a new one.")
@Outcome(expect = Expect.FORBIDDEN, desc = "What was recorded is lost with the state that was dropped.")
@State
public class RecordAgainstCleanUp {

    private static final Tier TIER = Book.perHour(1);

    /** Meters that a look has to go through beside that of the call, which gives it time to come in between. */
    private static final List<CompiledLimit> OTHERS = IntStream.range(0, 12)
            .mapToObj(i -> CompiledLimits.of(Quota.lifetime(new Unit("unit-" + i), 1)))
            .toList();

    private final Book book = new Book();

    public RecordAgainstCleanUp() {
        OTHERS.forEach(book.organization()::meter);
        book.used(TIER, "chat"); // which makes the meter, so that the race is for the charge
    }

    @Actor
    public void record(ZL_Result result) {
        result.r1 = book.all.record("acme", TIER, "chat", Usage.call(), null).isCharged();
    }

    @Actor
    public void cleanUp() {
        book.all.sweepAll();
    }

    @Arbiter
    public void used(ZL_Result result) {
        result.r2 = book.used(TIER, "chat");
    }
}
