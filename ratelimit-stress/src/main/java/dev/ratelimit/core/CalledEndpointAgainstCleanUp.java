package dev.ratelimit.core;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
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

/** One of many endpoints, found with its meter, is called while its organization is looked at to drop it. */
@JCStressTest
@Outcome(id = "admitted, 1", expect = Expect.ACCEPTABLE, desc = "The call counts, in the old state or in a new one.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The admitted call is lost with the state that was dropped.")
@State
public class CalledEndpointAgainstCleanUp {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").each(RateLimit.perHour(1), "chat"))
            .build();

    private static final List<CompiledLimit> OTHERS = IntStream.range(0, 100)
            .mapToObj(i -> CompiledLimits.of(Quota.lifetime(new Unit("unit-" + i), 1)))
            .toList();

    private final Book book = new Book();

    public CalledEndpointAgainstCleanUp() {
        OrganizationState organization = book.organization();
        OTHERS.forEach(organization::meter);
        organization.limits(TIER, "chat", book.all.tierCache);
        if (organization.called(TIER, "chat", book.all.tierCache) == null) {
            throw new IllegalStateException("the endpoint must be known with its meter");
        }
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
