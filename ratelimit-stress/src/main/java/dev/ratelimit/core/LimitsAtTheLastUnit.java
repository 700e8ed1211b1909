package dev.ratelimit.core;

import dev.ratelimit.Tier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/** Calls of two endpoints, each of which has one call of its own, race for the one that they share. */
@JCStressTest
@Outcome(
        id = "admitted, refused, 1/1, 0/1",
        expect = Expect.ACCEPTABLE,
        desc = "Only chat is charged, in both its limits.")
@Outcome(
        id = "refused, admitted, 0/1, 1/1",
        expect = Expect.ACCEPTABLE,
        desc = "Only embed is charged, in both its limits.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A limit is over, or a charge of the refused call was kept.")
@State
public class LimitsAtTheLastUnit {

    private static final Tier TIER = Book.oneEachAndOneInAll();

    private final Book book = new Book();

    @Actor
    public void chat(LLLL_Result result) {
        result.r1 = book.call(TIER, "chat");
    }

    @Actor
    public void embed(LLLL_Result result) {
        result.r2 = book.call(TIER, "embed");
    }

    @Arbiter
    public void used(LLLL_Result result) {
        result.r3 = book.used(TIER, "chat");
        result.r4 = book.used(TIER, "embed");
    }
}
