package dev.ratelimit.core;

import dev.ratelimit.Tier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** The first two calls of an organization come under two tiers that share the meter, with room for one and for two. */
@JCStressTest
@Outcome(id = "admitted, admitted, 2", expect = Expect.ACCEPTABLE, desc = "The call of the lower tier came first.")
@Outcome(id = "refused, admitted, 1", expect = Expect.ACCEPTABLE, desc = "The call of the higher tier came first.")
@Outcome(expect = Expect.FORBIDDEN, desc = "An admitted call is not counted, or one is refused that fits.")
@State
public class TierChangeAgainstCall {

    private static final Tier LOWER = Book.perHour(1);
    private static final Tier HIGHER = Book.perHour(2);

    private final Book book = new Book();

    @Actor
    public void lower(LLL_Result result) {
        result.r1 = book.call(LOWER, "chat");
    }

    @Actor
    public void higher(LLL_Result result) {
        result.r2 = book.call(HIGHER, "chat");
    }

    @Arbiter
    public void used(LLL_Result result) {
        result.r3 = book.used(HIGHER, "chat");
    }
}
