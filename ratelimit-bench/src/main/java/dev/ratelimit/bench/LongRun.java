package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Hammers the limiter from many threads with the real clock, and checks every window and every refusal afterwards.
 *
 * <pre>{@code
 * java -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.LongRun --seconds 600
 * }</pre>
 *
 * <p>It prints a line for each scenario: the worst window found beside the amount, the refusals without ground, and
 * what was admitted for each unit that an exact limiter would have admitted. Exit codes: 0; 1 if a window held too
 * much, a call was refused without ground, or less than 95 % of what an exact limiter admits was admitted where windows
 * are at least 100 ms; 2 if the options are wrong.
 */
@Command(
        name = "LongRun",
        description = "Hammers the limiter with the real clock, and checks every window and every refusal afterwards.",
        mixinStandardHelpOptions = true)
public final class LongRun implements Callable<Integer> {

    private static final double LEAST_UTILIZATION = 0.95;
    private static final long MOST_ADMITTED = 100_000;
    private static final String LINE = "%-18s %-34s %5s %5s %8s %12s %11s %16s %9s %9s  %s%n";

    private final PrintWriter out;
    private final Function<Scenario, Target> targets;

    @Option(names = "--seconds", converter = Positive.class, description = "how long in all, 60 unless stated")
    private int seconds = 60;

    @Option(
            names = "--threads",
            converter = Positive.class,
            description = "how many threads, twice the processors unless stated")
    private int threads = 2 * Runtime.getRuntime().availableProcessors();

    @Option(names = "--only", description = "only scenarios whose name contains this")
    private String only = "";

    @Spec
    private @Nullable CommandSpec spec;

    LongRun(PrintWriter out, Function<Scenario, Target> targets) {
        this.out = out;
        this.targets = targets;
    }

    /**
     * Runs all scenarios and ends the JVM.
     *
     * @param arguments the command line; {@code --help} explains it
     */
    public static void main(String... arguments) {
        LongRun run = new LongRun(new PrintWriter(System.out, true, StandardCharsets.UTF_8), LimiterTarget::new);
        System.exit(new CommandLine(run).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        List<Scenario> scenarios = Scenario.all().stream()
                .filter(scenario -> scenario.name().contains(only))
                .toList();
        if (scenarios.isEmpty()) {
            throw new ParameterException(
                    requireNonNull(spec).commandLine(), "--only must be a part of a scenario's name: only=" + only);
        }
        out.printf(
                LINE,
                "scenario",
                "limits",
                "keys",
                "units",
                "threads",
                "calls",
                "admitted",
                "worst window",
                "groundless",
                "utilized",
                "");
        boolean right = true;
        for (Scenario scenario : scenarios) {
            right &= run(scenario, TimeUnit.SECONDS.toNanos(seconds) / scenarios.size());
        }
        return right ? 0 : 1;
    }

    private boolean run(Scenario scenario, long nanos) throws InterruptedException, ExecutionException {
        Findings findings = findings(targets.apply(scenario), scenario, threads, nanos);
        boolean usesEnough = !scenario.boundsUtilization() || findings.utilization() >= LEAST_UTILIZATION;
        boolean right = !findings.admittedTooMuch() && findings.groundlessRefusals() == 0 && usesEnough;
        out.printf(
                LINE,
                scenario.name(),
                inWords(
                        scenario.limits(),
                        limit -> "%,d / %,d us"
                                .formatted(limit.amount(), limit.window().toNanos() / 1_000)),
                scenario.keys(),
                scenario.mostUnits() == 1 ? "1" : "1-" + scenario.mostUnits(),
                threads * scenario.crowd(),
                "%,d".formatted(findings.calls()),
                "%,d".formatted(findings.admitted()),
                inWords(findings.worstWindows(), "%,d"::formatted),
                findings.groundlessRefusals(),
                scenario.reserving() ? "-" : "%.1f %%".formatted(100 * findings.utilization()),
                right ? "" : "WRONG");
        return right;
    }

    private static <T> String inWords(List<T> each, Function<T, String> words) {
        return each.stream().map(words).collect(Collectors.joining(", "));
    }

    /**
     * Hammers a limiter for some nanoseconds, in epochs of about a second or five windows, but of one window at the
     * least, and of few where many units are admitted in each. An epoch ends in the middle of a window: at the
     * beginning of the next, a limiter that lags behind an exact one by a microsecond would seem to have admitted
     * nothing of it.
     */
    static Findings findings(Target target, Scenario scenario, int threads, long nanos)
            throws InterruptedException, ExecutionException {
        Findings findings = new Findings(scenario);
        long window = scenario.window().toNanos();
        long fitting = Math.min(nanos, Math.max(TimeUnit.SECONDS.toNanos(1), 5 * window)) / window;
        long windows =
                Math.min(fitting, MOST_ADMITTED / scenario.limits().get(0).amount());
        long epoch = Math.max(1, windows) * window + window / 2;
        long start = System.nanoTime();
        try (Hammer hammer = new Hammer(target, scenario, threads)) {
            do {
                findings.add(hammer.epoch(epoch));
            } while (System.nanoTime() - start < nanos);
        }
        return findings;
    }
}
