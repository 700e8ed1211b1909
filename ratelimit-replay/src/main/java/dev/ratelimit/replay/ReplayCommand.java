package dev.ratelimit.replay;

import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What the options say, done: the trace is read, decided, and reported on. */
@Command(
        name = "ratelimit-replay",
        header =
                "Runs a traffic trace through a tier, in the trace's own time, and says who would have been throttled.",
        customSynopsis = {
            "ratelimit-replay TRACE... --time COLUMN [OPTIONS]",
            "       ratelimit-replay --demo [OPTIONS]"
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpWidth = 100,
        footer = {
            "",
            "What 20 calls and 100,000 tokens a minute would have refused:",
            "  java -jar ratelimit-replay.jar trace.csv.gz --time at --organization org --endpoint path \\",
            "      --charge tokens=prompt+completion \\",
            "      --limit '20 calls per minute' --limit '100,000 tokens per minute'",
            "",
            "Exit codes: 0; 2 if the options or the trace are not as they should be; 1 if something else goes wrong."
        })
final class ReplayCommand implements Callable<Integer> {

    private final PrintWriter out;
    private final PrintWriter err;

    @Mixin
    private TraceOptions trace = new TraceOptions();

    @Mixin
    private TierOptions tiers = new TierOptions();

    @Mixin
    private OutputOptions outputs = new OutputOptions();

    ReplayCommand(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    private void warnOfKinds(Set<String> kinds, Set<String> known, String why) {
        kinds.stream()
                .filter(kind -> !known.contains(kind))
                .forEach(kind -> err.println("warning: members of the kind " + kind + " " + why));
    }

    @Override
    public Integer call() throws IOException {
        List<TraceSource> sources = trace.sources();
        RowFormat rowFormat = trace.rowFormat();
        Tier tier = tiers.tier(rowFormat.units());
        String title = tiers.title(tier);
        trace.requireDurationIf(TierOptions.limitsCallsInFlight(tier));
        for (Unit unit : TierOptions.uncharged(tier, rowFormat.units())) {
            err.println("warning: limits of " + unit
                    + " count nothing, because neither --charge nor --charge-after says what a call uses of it");
        }
        warnOfKinds(
                tier.members().keySet(),
                rowFormat.kinds(),
                "are not limited, because no --member says which column names them");
        warnOfKinds(rowFormat.kinds(), tier.members().keySet(), "are not limited, because the tier has none for them");
        BadRows badRows = trace.badRows();
        Summary summary = new Summary();
        try (OutputFiles files = new OutputFiles(trace.files())) {
            List<Output> written = outputs.open(files, title);
            List<DecisionListener> listeners = new ArrayList<>(written);
            listeners.add(summary);
            Replay replay = new Replay(tier, listeners);
            Handover.run(
                    sink -> {
                        LookAhead lookAhead = new LookAhead(trace.maxDisorder(), sink);
                        for (TraceSource source : sources) {
                            source.read(rowFormat, badRows, lookAhead::add);
                        }
                        lookAhead.flush();
                    },
                    replay::decide);
            replay.finish();
            for (Output output : written) {
                output.finish();
            }
            files.commit();
        }
        badRows.first().forEach(row -> err.println("skipped: " + row));
        badRows.doubts().forEach(doubt -> err.println("warning: " + doubt));
        outputs.report().write(title, summary, badRows, out);
        out.flush();
        if (out.checkError()) {
            throw new IOException("standard output cannot be written");
        }
        return 0;
    }
}
