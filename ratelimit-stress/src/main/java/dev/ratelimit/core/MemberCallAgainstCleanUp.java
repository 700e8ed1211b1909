package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A call of a member is made while the member, idle so far, is looked at to drop it. */
@JCStressTest
@Outcome(
        id = "admitted, 1/1",
        expect = Expect.ACCEPTABLE,
        desc = "The call counts for both, in old states or in new ones.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The admitted call is lost with a state that was dropped.")
@State
public class MemberCallAgainstCleanUp {

    private static final Tier EACH = Book.perHour(1);
    private static final Caller CALLER = Caller.of("acme", Book.perHour(9)).member("user", "u1", EACH);

    /** Meters that a look has to go through beside that of the call, which gives the call time to come in between. */
    private static final List<CompiledLimit> OTHERS = IntStream.range(0, 12)
            .mapToObj(i -> CompiledLimits.of(Quota.lifetime(new Unit("unit-" + i), 1)))
            .toList();

    private final Book book = new Book();

    public MemberCallAgainstCleanUp() {
        PartyGroup group = requireNonNull(book.all.group(CALLER, "chat"));
        for (int i = 0; i < group.limits.length; i++) {
            group.meter(i, group.limits[i]); // which makes the meters, so that the race is for the charges
        }
        OTHERS.forEach(group.state(1)::meter);
    }

    @Actor
    public void call(LL_Result result) {
        boolean admitted =
                book.all.tryAcquire(CALLER, "chat", Usage.call(), null).isAdmitted();
        result.r1 = admitted ? Book.ADMITTED : Book.REFUSED;
    }

    @Actor
    public void cleanUp() {
        book.all.sweepAll();
    }

    @Arbiter
    public void used(LL_Result result) {
        result.r2 = book.all.status(CALLER, "chat").stream()
                .map(status -> String.valueOf(status.used()))
                .collect(Collectors.joining("/"));
    }
}
