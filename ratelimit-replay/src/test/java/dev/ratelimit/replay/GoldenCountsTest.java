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

        Run run = replay(file, limits, "--format", "json");

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

        assertThat(replay(trace, limit, "--decisions", decisions.toString()).exitCode())
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

    private static Run replay(Path trace, String limits, String... more) {
        List<String> args = new ArrayList<>(List.of(
                trace.toString(),
                "--exact",
                "--time",
                "TIMESTAMP",
                "--charge",
                "tokens=ContextTokens+GeneratedTokens"));
        for (String limit : limits.split(" ", -1)) {
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
