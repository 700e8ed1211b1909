package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs all races on the shipped classes. */
class StressIT {

    @Test
    void noRaceEndsInAForbiddenWay() throws Exception {
        assertThat(Jcstress.run("shipped", List.of(), "-m", "quick", "-sc", "false", "-iters", "3", "-time", "100"))
                .isEqualTo(Jcstress.Verdict.HELD);
    }
}
