package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Known answers on recorded traffic, which is not part of the repository. */
class GoldenCountsTest {

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}: {1} admits {2} of {3}")
    @CsvSource(delimiter = '|', textBlock = """
            code | calls=20/1m                       |    723 |  8819
            code | calls=500/1m                      |   8340 |  8819
            conv | calls=20/1m                       |   1166 | 19366
            conv | calls=500/1m                      |  19331 | 19366
            code | tokens=100000/1m                  |   1856 |  8819
            conv | tokens=100000/1m                  |   6883 | 19366
            conv | calls=20/1m calls=1000/30d        |   1000 | 19366
            conv | tokens=500000/ever                |    427 | 19366
            conv | tokens=500000/ever,until-reached  |    427 | 19366
            """)
    void exactCountsOnRecordedTraffic(String trace, String limits, long admitted, long calls) throws IOException {
        Path file = recorded(trace);

        assertCounts(file, replay(file, List.of(limits.split(" ", -1)), "--format", "json"), admitted, calls);
    }

    @ParameterizedTest(name = "{0}: {1}, each call takes {2}, admits {3} of {4}")
    @CsvSource(delimiter = '|', textBlock = """
            conv | 20 calls per minute with burst 20               |     |  1186 | 19366
            code | 20 calls per minute with burst 100              |     |  1245 |  8819
            conv | 100,000 tokens per minute with burst 100,000    |     |  8624 | 19366
            conv | 20 calls per fixed 1 minute                     |     |  1187 | 19366
            code | 100 calls per fixed 15 minutes                  |     |   400 |  8819
            conv | 20 calls in flight for 10 minutes               | 10s |  6776 | 19366
            conv | 2,000 tokens per call                           |     | 16462 | 19366
            conv | 40 calls per minute, exact; 2,000 tokens per call; 10 calls in flight for 10 minutes | 5s | \
            2324 | 19366
            """)
    void exactCountsOfEachKindOfLimit(String trace, String limits, @Nullable String duration, long admitted, long calls)
            throws IOException {
        Path file = recorded(trace);
        List<String> more = new ArrayList<>(List.of("--format", "json"));
        if (duration != null) {
            more.addAll(List.of("--duration", duration));
        }
        assertCounts(file, replay(file, List.of(limits.split("; ", -1)), more.toArray(String[]::new)), admitted, calls);
    }

    private static void assertCounts(Path file, Run run, long admitted, long calls) throws IOException {
        assertThat(run.err()).isEqualTo(warnings(file));
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .startsWith(
                        "{\"calls\":" + calls + ",\"admitted\":" + admitted + ",\"rejected\":" + (calls - admitted));
    }

    @ParameterizedTest(name = "{0} admits {1} tokens")
    @CsvSource(delimiter = '|', textBlock = """
            tokens=500000/ever               | 499965
            tokens=500000/ever,until-reached | 501206
            """)
    void onlyTheLastCallOverrunsAQuotaUntilReached(String limit, long used) throws IOException {
        Path trace = recorded("conv");
        Path decisions = folder.resolve("decisions.csv");

        assertThat(replay(trace, List.of(limit), "--decisions", decisions.toString())
                        .exitCode())
                .isZero();

        List<String> calls = Files.readAllLines(trace);
        List<String> decided = Files.readAllLines(decisions);
        assertThat(decided).hasSameSizeAs(calls);
        long sum = 0;
        for (int i = 1; i < calls.size(); i++) {
            if (decided.get(i).contains(",true,")) {
                String[] fields = calls.get(i).split(",", -1);
                sum += Long.parseLong(fields[1]) + Long.parseLong(fields[2]);
            }
        }
        assertThat(sum).isEqualTo(used);
    }

    private static Run replay(Path trace, List<String> limits, String... more) {
        List<String> args = new ArrayList<>(List.of(
                trace.toString(),
                "--exact",
                "--time",
                "TIMESTAMP",
                "--charge",
                "tokens=ContextTokens+GeneratedTokens"));
        for (String limit : limits) {
            args.addAll(List.of("--limit", limit));
        }
        args.addAll(Arrays.asList(more));
        return Run.of(args.toArray(String[]::new));
    }

    static Path recorded(String name) {
        String folder = System.getProperty("ratelimit.data", "");
        Path file = Path.of(folder, "AzureLLMInferenceTrace_" + name + ".csv");
        if (!Boolean.getBoolean("ratelimit.data.required")) {
            assumeFalse(folder.isEmpty(), "no folder of recorded traffic is named: -Dratelimit.data=FOLDER");
            assumeTrue(Files.exists(file), () -> "recorded traffic is absent: " + file);
        }
        return file;
    }

    /**
     * Some copies of the traffic end within their last row, which is whole all the same: its counts are part of the
     * golden ones.
     */
    static String warnings(Path trace) throws IOException {
        return Files.readString(trace).endsWith("\n")
                ? ""
                : "warning: " + trace + ": the last row has no line end, so it may be cut short\n";
    }
}
