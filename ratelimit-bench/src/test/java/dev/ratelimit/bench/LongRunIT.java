package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * The long run as its command line runs it, for a minute. It holds the utilization to its bound, so the machine should
 * be quiet.
 */
class LongRunIT {

    @Test
    void nothingIsWrongAndUtilizationIsNotBoughtByRefusing() {
        StringWriter out = new StringWriter();
        int exit = new CommandLine(new LongRun(new PrintWriter(out), LimiterTarget::new)).execute("--seconds", "60");
        assertThat(exit).as("%s", out).isZero();
    }
}
