package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs all races on the shipped classes. */
class StressIT {

    private static final String OPTIONS = "-m quick -sc false -af NONE -iters 3 -time 100";

    @Test
    void noRaceEndsInAForbiddenWay() throws Exception {
        assertThat(Jcstress.run("shipped", List.of(), OPTIONS.split(" ", -1))).isEqualTo(Jcstress.Verdict.HELD);
    }
}
