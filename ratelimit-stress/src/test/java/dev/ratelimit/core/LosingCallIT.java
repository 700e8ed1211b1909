package dev.ratelimit.core;

import dev.ratelimit.core.SeveralLimitsLincheckIT.Sequential;
import dev.ratelimit.core.SeveralLimitsLincheckIT.Shipped;
import java.lang.reflect.Method;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.junit.jupiter.api.Test;

/** What several limits do not promise: it takes thousands of interleavings to find the one that shows it. */
class LosingCallIT {

    @Test
    void aCallMayBeRefusedForWhatALosingCallHoldsForAMoment() throws Exception {
        Method acquire = Shipped.class.getMethod("acquire", int.class);
        Linearizability.refute(
                Shipped.class,
                Sequential.class,
                List.of(new Actor(acquire, List.of(1))),
                List.of(new Actor(acquire, List.of(2)), new Actor(acquire, List.of(0))));
    }
}
