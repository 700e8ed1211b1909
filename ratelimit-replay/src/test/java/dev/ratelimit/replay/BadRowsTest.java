package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row that cannot be replayed ends the program with 2 and says where and why, or is skipped if that is asked for. */
class BadRowsTest {

    private static final String HEADER = "at,org,tokens\n";
    private static final String GOOD = "2026-01-05T09:00:00Z,acme,1\n";

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            noon,acme,1                                  | \
            3: column at must be an ISO instant or yyyy-MM-dd HH:mm:ss[.fraction] (UTC), between 1970 and 2262: "noon"
            1767603600,acme,1                            | \
            3: column at must be an ISO instant or yyyy-MM-dd HH:mm:ss[.fraction] (UTC), between 1970 and 2262; for \
            numbers state --time-unit: "1767603600"
            2026-01-05T09:00:00Z,acme,12x                | \
            3: column tokens must be a whole number between 0 and 2^53: "12x"
            2026-01-05T09:00:00Z,acme,-1                 | \
            3: column tokens must be a whole number between 0 and 2^53: "-1"
            2026-01-05T09:00:00Z,acme,                   | \
            3: column tokens must be a whole number between 0 and 2^53: ""
            2026-01-05T09:00:00Z,acme,9007199254740993   | \
            3: column tokens must be a whole number between 0 and 2^53: "9007199254740993"
            2026-01-05T09:00:00Z,acme,9007199254740992   | \
            3: column tokens must not add up to more than 2^53: "9007199254740992"
            2026-01-05T09:00:00Z,acme                    | 3: row must have as many fields as the header: 2 instead of 3
            2026-01-05T09:00:00Z,acme,1,2                | 3: row must have as many fields as the header: 4 instead of 3
            2026-01-05T08:58:59Z,acme,1                  | \
            3: column at must not lie further behind an earlier row than --max-disorder allows, but lies PT1M1S \
            behind: "2026-01-05T08:58:59Z"
            """)
    void aBadRowOfCsvIsNamed(String row, String message) throws IOException {
        Path trace = file("trace.csv", HEADER + GOOD + row + "\n" + GOOD);

        // Charged twice over, so that a sum can be too much where its parts are not.
        Run strict = replay(trace, "--charge", "tokens=tokens+tokens");
        assertThat(strict).isEqualTo(new Run(2, "", "error: " + trace + ":" + message + "\n"));

        Run skipping = replay(trace, "--charge", "tokens=tokens+tokens", "--skip-bad-rows");
        assertThat(skipping.exitCode()).isZero();
        assertThat(skipping.err()).isEqualTo("skipped: " + trace + ":" + message + "\n");
        assertThat(skipping.out()).startsWith("{\"calls\":2,").endsWith("],\"skippedRows\":1}\n");
    }

    /** Else the names of several organizations could become one. */
    @ParameterizedTest
    @CsvSource({"trace.csv", "trace.jsonl"})
    void aNameThatIsNotUtf8IsABadRow(String name) throws IOException {
        String row = name.endsWith("csv")
                ? HEADER + "2026-01-05T09:00:00Z,M\u00FCller,1\n"
                : "\n{\"at\": \"2026-01-05T09:00:00Z\", \"org\": \"M\u00FCller\", \"tokens\": 1}\n";
        Path trace = Files.write(folder.resolve(name), row.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(replay(trace, "--organization", "org"))
                .isEqualTo(new Run(2, "", "error: " + trace + ":2: column org must be UTF-8: \"M\uFFFDller\"\n"));
    }

    @Test
    void aHeaderMaySteerNoTerminal() throws IOException {
        Path trace = file("trace.csv", "at,\u001B[2Jorg\n" + GOOD);
        assertThat(replay(trace, "--organization", "org").err())
                .contains("no column \"org\", only at, \uFFFD[2Jorg")
                .doesNotContain("\u001B");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            2026-01-05T09:00:00Z,1,1,-1                | \
            column took must be a number of milliseconds between 0 and 292 years: "-1"
            2026-01-05T09:00:00Z,1,1,2s                | \
            column took must be a number of milliseconds between 0 and 292 years: "2s"
            2026-01-05T09:00:00Z,1,,1                  | column out must be a whole number between 0 and 2^53: ""
            2026-01-05T09:00:00Z,1,9007199254740992,1  | \
            column out must not add up to more than 2^53: "9007199254740992"
            2262-04-11T23:47:16Z,1,1,1500              | \
            column at must be early enough for the call to end between 1970 and 2262, but it takes PT1.5S: \
            "2262-04-11T23:47:16Z"
            2262-04-11T23:47:16Z,1,1,9223372036854     | \
            column at must be early enough for the call to end between 1970 and 2262, but it takes \
            PT2562047H47M16.854S: "2262-04-11T23:47:16Z"
            """)
    void aCallThatCannotEndIsNamed(String row, String message) throws IOException {
        Path trace =
                file("trace.csv", "at,in,out,took\n2262-04-11T23:47:16Z,1,9007199254740991,854.775807\n" + row + "\n");
        String[] settling = {
            "--charge",
            "tokens=in",
            "--charge-after",
            "tokens=out",
            "--duration",
            "took",
            "--duration-unit",
            "ms",
            "--skip-bad-rows",
            "--max-disorder",
            "12000d"
        };

        Run run = replay(trace, settling);

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEqualTo("skipped: " + trace + ":3: " + message + "\n");
        assertThat(run.out()).startsWith("{\"calls\":1,").endsWith("],\"skippedRows\":1}\n");
    }

    @Test
    void aLineThatNoJsonParserTakesIsBadLikeAnyOther() throws IOException {
        String digits = "{\"at\":\"2026-01-05T09:00:00Z\",\"tokens\":" + "1".repeat(1_200) + "}";
        String nested = "{\"other\":" + "[".repeat(1_200);
        Path trace = file("trace.jsonl", digits + "\n" + nested + "\n\u001b[31m\n");

        Run skipping = replay(trace, "--charge", "tokens=tokens", "--skip-bad-rows");

        assertThat(skipping.exitCode()).isZero();
        assertThat(skipping.out()).endsWith("\"skippedRows\":3}\n");
        assertThat(skipping.err().lines())
                .hasSize(3)
                .allMatch(line -> line.startsWith("skipped: " + trace))
                .allMatch(line -> line.length() < 400 && line.chars().noneMatch(Character::isISOControl));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"at":"2026-01-05T09:00:00Z"}                     | 2: column tokens must be there
            {"tokens":1}                                      | 2: column at must be there
            {"at":"2026-01-05T09:00:00Z","tokens":null}       | 2: column tokens must be a number or a string: null
            {"at":"2026-01-05T09:00:00Z","tokens":[1]}        | 2: column tokens must be a number or a string: [
            {"at":"2026-01-05T09:00:00Z","tokens":1.5}        | \
            2: column tokens must be a whole number between 0 and 2^53: "1.5"
            {"at":"2026-01-05T09:00:00Z","tokens":1,"tokens":2} | 2: column tokens must stand in a row once
            {"at":"2026-01-05T09:00:00Z","tokens":            | 2: line must be a JSON object: Unexpected end-of-input
            {} {}                                             | 2: line must be one JSON object: {} {}
            [1]                                               | 2: line must be a JSON object: [1]
            tokens                                            | 2: line must be a JSON object: Unrecognized token
            """)
    void aBadLineOfJsonIsNamed(String line, String message) throws IOException {
        String good = "{\"at\":\"2026-01-05T09:00:00Z\",\"tokens\":1}\n";
        Path trace = file("trace.jsonl", good + line + "\n" + good);

        Run strict = replay(trace, "--charge", "tokens=tokens");
        assertThat(strict.exitCode()).isEqualTo(2);
        assertThat(strict.out()).isEmpty();
        assertThat(strict.err()).startsWith("error: " + trace + ":" + message);

        Run skipping = replay(trace, "--charge", "tokens=tokens", "--skip-bad-rows");
        assertThat(skipping.exitCode()).isZero();
        assertThat(skipping.err()).startsWith("skipped: " + trace + ":" + message);
        assertThat(skipping.out()).startsWith("{\"calls\":2,").endsWith("],\"skippedRows\":1}\n");
    }

    @Test
    void onlyTheFirstSkippedRowsAreShown() throws IOException {
        Path trace = file("trace.csv", HEADER + "x,x,x\n".repeat(7) + GOOD);

        Run run = replay(trace, "--skip-bad-rows", "--format", "text");

        assertThat(run.err().lines()).hasSize(5).allMatch(line -> line.startsWith("skipped: " + trace));
        assertThat(run.out()).contains("skipped rows  7");
    }

    @Test
    void aLineNumberCountsTheLinesOfAQuotedField() throws IOException {
        Path trace = file("trace.csv", HEADER + GOOD.replace("acme", "\"ac\nme\"") + "x,x,x\n");

        assertThat(replay(trace).err()).startsWith("error: " + trace + ":4: ");
    }

    @Test
    void moreDisorderIsForTheUserToAllow() throws IOException {
        Path trace = file("trace.csv", HEADER + GOOD + GOOD.replace("09:00", "08:58"));

        assertThat(replay(trace, "--max-disorder", "119s").exitCode()).isEqualTo(2);
        assertThat(replay(trace, "--max-disorder", "2m").exitCode()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``                             | : must begin with a row that names the columns
            `org,tokens\n`                 | :1: no column "at", only org, tokens
            `at,at\n`                      | :1: several columns "at"
            `at,org\n"2026"x,acme\n`       | :2: Unexpected character after closing quote
            `at,org\n"2026`                | :2: Unclosed quoted field
            """)
    void aBrokenFileCannotBeSkipped(String text, String message) throws IOException {
        Path trace = file("trace.csv", text.replace("\\n", "\n"));

        Run run = replay(trace, "--skip-bad-rows");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("error: " + trace + message);
    }

    @Test
    void whatIsNotGzipIsBadInput() throws IOException {
        Path trace = file("trace.csv.gz", HEADER + GOOD);

        assertThat(replay(trace).exitCode()).isEqualTo(2);
        assertThat(replay(trace).err()).startsWith("error: " + trace + ": must be a whole gzip file");
    }

    @Test
    void noFileIsLeftBehindWhereARowIsBad() throws IOException {
        Path trace = file("trace.csv", HEADER + GOOD + "x,x,x\n");
        Path decisions = Files.writeString(folder.resolve("decisions.csv"), "old");

        Run run = replay(
                trace,
                "--decisions",
                decisions.toString(),
                "--chart",
                folder.resolve("chart.png").toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(decisions).hasContent("old");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(trace, decisions);
        }
    }

    private static Run replay(Path trace, String... more) {
        List<String> args = new ArrayList<>(List.of(trace.toString(), "--time", "at", "--limit", "calls=5/1m"));
        if (!Arrays.asList(more).contains("--format")) {
            args.addAll(List.of("--format", "json"));
        }
        args.addAll(Arrays.asList(more));
        return Run.of(args.toArray(String[]::new));
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
