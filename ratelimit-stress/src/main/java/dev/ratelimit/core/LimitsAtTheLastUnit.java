package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/**
 * Calls of two endpoints, each of which has one call of its own, race for the last one that they share. Each is charged
 * its own one first. The shared window has stamps at the ends of grains. So it is charged on the fast path, by what was
 * read before.
 */
@JCStressTest
@Outcome(
        id = "admitted, refused, 1/2000, 0/2000",
        expect = Expect.ACCEPTABLE,
        desc = "Only chat is charged, in both its limits.")
@Outcome(
        id = "refused, admitted, 0/2000, 1/2000",
        expect = Expect.ACCEPTABLE,
        desc = "Only embed is charged, in both its limits.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A limit is over, or a charge of the refused call was kept.")
@State
public class LimitsAtTheLastUnit {

    private static final Tier TIER = Tier.named("one each and 2,000 in all")
            .table(LimitTable.named("each").each(Quota.lifetime(Unit.CALLS, 1), "chat", "embed"))
            .table(LimitTable.named("all").together("all", RateLimit.perHour(2_000), "chat", "embed", "others"))
            .build();

    private final Book book = new Book();

    public LimitsAtTheLastUnit() {
        requireNonNull(book.all.decider.tryAcquire(book.organization(), TIER, "others", Usage.of(Unit.CALLS, 1_999)));
    }

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
