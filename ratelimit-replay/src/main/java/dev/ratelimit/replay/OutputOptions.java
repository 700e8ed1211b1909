package dev.ratelimit.replay;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which reports and files come of a replay. */
final class OutputOptions {

    @Option(
            names = "--format",
            paramLabel = "text|json",
            description =
                    "The report on standard output: a table for people (default), or the same numbers for programs.")
    private Report report = new TextReport();

    @Option(
            names = "--decisions",
            paramLabel = "FILE",
            description =
                    "Every decision as CSV: time, organization, endpoint, admitted (true or false), limit (table / "
                            + "scope / limit), retry-after (seconds, or never if waiting does not help).")
    private @Nullable Path decisions;

    @Option(
            names = "--chart",
            paramLabel = "FILE.png",
            description =
                    "Calls per minute over time: admitted and refused ones, and a line for each limit that refused.")
    private @Nullable Path chart;

    List<Output> open(OutputFiles files, String title) throws IOException {
        List<Output> outputs = new ArrayList<>();
        if (decisions != null) {
            outputs.add(new DecisionLog(files.create(decisions)));
        }
        if (chart != null) {
            outputs.add(new CallsChart(title, files.create(chart)));
        }
        return outputs;
    }

    Report report() {
        return report;
    }
}
