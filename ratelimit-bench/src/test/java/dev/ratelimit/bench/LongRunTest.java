package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * The long run, for a short time. Nothing in it depends on how busy the machine is: the utilization is not asserted.
 */
class LongRunTest {

    private static final long NANOS = 250_000_000;

    static Stream<Scenario> shortWindows() {
        return Scenario.all().stream().filter(scenario -> scenario.window().toMillis() <= 100);
    }

    @ParameterizedTest
    @MethodSource("shortWindows")
    void noWindowHoldsTooMuchAndNoRefusalIsWithoutGround(Scenario scenario) throws Exception {
        Findings findings = LongRun.findings(new LimiterTarget(scenario), scenario, 4, NANOS);
        assertThat(findings.admittedTooMuch())
                .as("%s: %s", scenario, findings.worstWindows())
                .isFalse();
        assertThat(findings.groundlessRefusals()).as("%s", scenario).isZero();
        assertThat(findings.calls()).isPositive();
    }

    @Test
    void itPrintsALineAndSucceedsForARightLimiter() {
        StringWriter out = new StringWriter();
        assertThat(run(out, LimiterTarget::new)).isZero();
        assertThat(out.toString().lines().skip(1))
                .singleElement()
                .asString()
                .startsWith("dropped, settled")
                .doesNotContain("WRONG");
    }

    @Test
    void itMarksTheLineAndFailsForAWrongLimiter() {
        StringWriter out = new StringWriter();
        assertThat(run(out, scenario -> (key, units) -> Target.ADMITTED)).isEqualTo(1);
        assertThat(out.toString()).contains("WRONG");
    }

    @ParameterizedTest
    @CsvSource({"--only, setled", "--threads, 0", "--seconds, -1", "--seconds, soon"})
    void wrongOptionsAreNoSuccess(String option, String value) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        int exit = new CommandLine(new LongRun(new PrintWriter(out), LimiterTarget::new))
                .setErr(new PrintWriter(errors))
                .execute(option, value);
        assertThat(exit).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(errors.toString()).contains(option, value);
    }

    private static int run(StringWriter out, Function<Scenario, Target> targets) {
        return new CommandLine(new LongRun(new PrintWriter(out), targets))
                .execute("--seconds", "1", "--threads", "2", "--only", "dropped, settled");
    }
}
