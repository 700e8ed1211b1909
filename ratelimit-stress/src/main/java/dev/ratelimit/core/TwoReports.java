package dev.ratelimit.core;

import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** Two threads take both units of a window, and each is told how many remain. */
@JCStressTest
@Outcome(
        id = {"1, 0", "0, 1"},
        expect = Expect.ACCEPTABLE,
        desc = "Each thread is told what remained when it was charged.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A thread is told what another one has charged after it.")
@State
public class TwoReports {

    private static final Tier TWO = Book.perHour(2);

    private final Book book = new Book();

    @Actor
    public void first(JJ_Result result) {
        result.r1 = remaining();
    }

    @Actor
    public void second(JJ_Result result) {
        result.r2 = remaining();
    }

    private long remaining() {
        return book.all
                .tryAcquire("acme", TWO, "chat", Usage.call(), Report.of(true, book.all.listeners))
                .limits()
                .get(0)
                .remaining();
    }
}
