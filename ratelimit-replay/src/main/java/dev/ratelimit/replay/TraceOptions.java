package dev.ratelimit.replay;

import dev.ratelimit.Unit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which calls are replayed, and how they are written down. */
final class TraceOptions {

    static final String STANDARD_INPUT = "-";

    private static final String DEFAULT_NAME = "default";

    @Parameters(
            paramLabel = "TRACE",
            arity = "0..*",
            description = {
                "Files, read one after the other as one trace: .csv with a header, or JSON lines (.jsonl, .ndjson, "
                        + ".json);"
                        + " either with .gz behind it. - is standard input as CSV."
            })
    private List<String> traces = new ArrayList<>();

    @Option(
            names = "--demo",
            description = "A built-in trace instead of files: two hours of several organizations, a burst, a runaway "
                    + "client. Its columns: time, organization, endpoint, tokens. Unless you say what is "
                    + "charged, the tokens are.")
    private boolean demo;

    @Option(
            names = "--time",
            paramLabel = "COLUMN",
            description = "When the call was made: an ISO instant, or yyyy-MM-dd HH:mm:ss[.fraction] (UTC without an "
                    + "offset).")
    private @Nullable String time;

    @Option(
            names = "--time-unit",
            paramLabel = "s|ms|us|ns",
            description = "The times are numbers since 1970 in this unit, with a fraction or without.")
    private @Nullable NumericTime timeUnit;

    @Option(names = "--organization", paramLabel = "COLUMN", description = "Who called.")
    private @Nullable String organization;

    @Option(
            names = "--organization-name",
            paramLabel = "NAME",
            description = "All calls are this organization's (default: " + DEFAULT_NAME + ").")
    private @Nullable String organizationName;

    @Option(names = "--endpoint", paramLabel = "COLUMN", description = "What was called; names are taken as they are.")
    private @Nullable String endpoint;

    @Option(
            names = "--endpoint-name",
            paramLabel = "NAME",
            description = "All calls are of this endpoint (default: " + DEFAULT_NAME + ").")
    private @Nullable String endpointName;

    @Option(
            names = "--member",
            paramLabel = "KIND=COLUMN",
            description = "Repeatable: which member of its organization made a call, such as user=user_id. A tier of"
                    + " --tiers says what the members of a kind are limited to. Where the column is empty, the call"
                    + " is of no member of that kind.")
    private List<MemberColumn> members = new ArrayList<>();

    @Option(
            names = "--charge",
            paramLabel = "UNIT=COLUMN[+COLUMN...]",
            description =
                    "Repeatable: what a call uses besides being one call, the sum of these columns. Whole numbers.")
    private List<Charge> charges = new ArrayList<>();

    @Option(
            names = "--charge-after",
            paramLabel = "UNIT=COLUMN[+COLUMN...]",
            description = "Repeatable: what a call turns out to use, on top of --charge. The call is decided by what "
                    + "--charge says, and charged for this when it ends, whether that fits or not; how far a "
                    + "limit is overrun by it is reported.")
    private List<Charge> chargesAfter = new ArrayList<>();

    @Option(
            names = "--duration",
            paramLabel = "COLUMN|SPAN",
            description =
                    "How long a call takes: a column of numbers, or a SPAN such as 1500ms or 2s that all calls take"
                            + " (default: 0s, so that a call ends when it begins). Then --charge-after is charged,"
                            + " and the call is no longer in flight.")
    private @Nullable CallDuration duration;

    @Option(
            names = "--duration-unit",
            paramLabel = "s|ms|us|ns",
            description = "The unit of a column of durations, numbers with a fraction or without (default: s).")
    private @Nullable NumericTime durationUnit;

    @Option(
            names = "--max-disorder",
            paramLabel = "SPAN",
            defaultValue = "1m",
            description =
                    "How far a row may lie behind an earlier one in time (default: ${DEFAULT-VALUE}, and never more "
                            + "than " + LookAhead.CAPACITY + " rows). Rows are replayed in the order of time.")
    private Duration maxDisorder = Duration.ofMinutes(1);

    @Option(
            names = "--skip-bad-rows",
            description = "Count the rows that cannot be read instead of stopping at the first.")
    private boolean skipBadRows;

    List<TraceSource> sources() {
        if (demo) {
            refuseWithDemo(!traces.isEmpty(), "a trace");
            refuseWithDemo(time != null, "--time");
            refuseWithDemo(timeUnit != null, "--time-unit");
            refuseWithDemo(organization != null, "--organization");
            refuseWithDemo(organizationName != null, "--organization-name");
            refuseWithDemo(endpoint != null, "--endpoint");
            refuseWithDemo(endpointName != null, "--endpoint-name");
            refuseWithDemo(!members.isEmpty(), "--member");
            return List.of(TraceSource.demo());
        }
        if (traces.isEmpty()) {
            throw new BadInputException("a trace must be given, or --demo");
        }
        if (traces.indexOf(STANDARD_INPUT) != traces.lastIndexOf(STANDARD_INPUT)) {
            throw new BadInputException("standard input must be given once");
        }
        return traces.stream().map(TraceSource::parse).toList();
    }

    /** Returns the files that are read. */
    List<Path> files() {
        return traces.stream()
                .filter(trace -> !trace.equals(STANDARD_INPUT))
                .map(Path::of)
                .toList();
    }

    private static void refuseWithDemo(boolean given, String what) {
        if (given) {
            throw new BadInputException(what + " must not be with --demo, which brings its own");
        }
    }

    RowFormat rowFormat() {
        if (demo) {
            return DemoTrace.format(charges(), ending());
        }
        if (time == null) {
            throw new BadInputException("--time must name the column of the times");
        }
        return new RowFormat(
                time,
                timeUnit == null ? new TextTime() : timeUnit,
                name("organization", organization, organizationName),
                name("endpoint", endpoint, endpointName),
                members(),
                charges(),
                ending());
    }

    private static RowFormat.Name name(String what, @Nullable String column, @Nullable String fixed) {
        if (column != null && fixed != null) {
            throw new BadInputException("--" + what + " must not be with --" + what + "-name");
        }
        return new RowFormat.Name(Optional.ofNullable(column), fixed == null ? DEFAULT_NAME : fixed);
    }

    private List<MemberColumn> members() {
        Set<String> kinds = new HashSet<>();
        for (MemberColumn member : members) {
            if (!kinds.add(member.kind())) {
                throw new BadInputException("--member " + member.kind() + " must be given once");
            }
        }
        return members;
    }

    private List<Charge> charges() {
        requireUnitsOnce("--charge", charges);
        return demo && charges.isEmpty() && chargesAfter.isEmpty() ? List.of(DemoTrace.TOKENS) : charges;
    }

    private Optional<RowFormat.Ending> ending() {
        requireUnitsOnce("--charge-after", chargesAfter);
        if (durationUnit != null && (duration == null || duration.column().isEmpty())) {
            throw new BadInputException("--duration-unit must be with --duration COLUMN");
        }
        return chargesAfter.isEmpty() && duration == null
                ? Optional.empty()
                : Optional.of(new RowFormat.Ending(
                        chargesAfter,
                        duration == null ? CallDuration.ZERO : duration,
                        durationUnit == null ? NumericTime.S : durationUnit));
    }

    private static void requireUnitsOnce(String option, List<Charge> charges) {
        Set<Unit> units = new HashSet<>();
        for (Charge charge : charges) {
            if (!units.add(charge.unit())) {
                throw new BadInputException(option + " " + charge.unit() + " must be given once, as " + charge.unit()
                        + "=COLUMN+COLUMN for a sum");
            }
        }
    }

    /** Refuses a duration that nothing depends on, and calls in flight without one. */
    void requireDurationIf(boolean inFlight) {
        if (inFlight && duration == null) {
            throw new BadInputException(
                    "--duration must say how long calls take, because the tier limits calls in flight");
        }
        if (!inFlight && duration != null && chargesAfter.isEmpty()) {
            throw new BadInputException("--duration must be with --charge-after, which says what is charged at the end,"
                    + " or with a limit of calls in flight");
        }
    }

    Duration maxDisorder() {
        return maxDisorder;
    }

    BadRows badRows() {
        return new BadRows(skipBadRows);
    }
}
