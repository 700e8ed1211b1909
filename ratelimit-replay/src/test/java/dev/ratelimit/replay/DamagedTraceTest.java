package dev.ratelimit.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A trace that is damaged, or no file of calls at all, is refused with one sentence, and never read as a shorter good
 * one.
 */
class DamagedTraceTest {

    private static final String HEADER = "at,org,path\n";
    private static final String ROW = "2026-01-05T09:00:00Z,acme,chat\n";
    private static final String JSON = "{\"at\":\"2026-01-05T09:00:00Z\",\"org\":\"acme\"}\n";

    @TempDir
    Path folder;

    @Test
    void gzipIsReadToItsLastMember() throws IOException {
        Path trace = file("trace.csv.gz", joined(gzip(HEADER + ROW), gzip(ROW), gzip(""), gzip(ROW + ROW)));

        assertThat(replay(trace)).isEqualTo(new Run(0, report(4), ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void aFurtherMemberWhoseHeaderIsDamagedIsNotTheEnd(int at) throws IOException {
        byte[] first = gzip(HEADER + ROW);
        byte[] both = joined(first, gzip(ROW));
        both[first.length + at] ^= (byte) 0x80;

        assertRefused(file("trace.csv.gz", both), "must be a whole gzip file: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 17, 18, 19, 1_000})
    void whatStandsBehindGzipIsNotTheEnd(int count) throws IOException {
        assertRefused(file("trace.csv.gz", joined(gzip(HEADER + ROW), new byte[count])), "must be a whole gzip file: ");
    }

    @Test
    void gzipThatIsCutShortAnywhereIsRefused() throws IOException {
        byte[] first = gzip(HEADER + ROW);
        byte[] both = joined(first, gzip(ROW + ROW));
        for (int length = 0; length < both.length; length++) {
            Path trace = file("trace.csv.gz", Arrays.copyOf(both, length));
            if (length == first.length) {
                assertThat(replay(trace)).isEqualTo(new Run(0, report(1), ""));
            } else {
                assertRefused(trace, "must be a whole gzip file: ");
            }
        }
    }

    @Test
    void aFileThatShrinksWhileItIsReadIsRefused() throws IOException {
        Path trace = file("trace.csv", (HEADER + ROW.repeat(20_000)).getBytes(UTF_8));
        RowFormat format = new RowFormat(
                "at",
                new TextTime(),
                new RowFormat.Name(Optional.empty(), "acme"),
                new RowFormat.Name(Optional.empty(), "chat"),
                List.of(),
                List.of(),
                Optional.empty());
        List<Row> rows = new ArrayList<>();

        assertThatExceptionOfType(BadInputException.class)
                .isThrownBy(() -> TraceSource.parse(trace.toString()).read(format, new BadRows(false), row -> {
                    rows.add(row);
                    truncate(trace, HEADER.length() + 10_000 * ROW.length());
                }))
                .withMessage(trace + ": must not shrink while it is read");
        assertThat(rows).hasSize(10_000).extracting(Row::time).containsOnly(nanos("2026-01-05T09:00:00Z"));
    }

    private static long nanos(String instant) {
        return Instant.parse(instant).getEpochSecond() * 1_000_000_000L;
    }

    private static void truncate(Path file, long size) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** It is a whole row by RFC 4180, but a number of it may lack digits. */
    @Test
    void aLastRowWithoutALineEndIsReadAndWarnedOf() throws IOException {
        Path trace = file("trace.csv", (HEADER + ROW + ROW.strip()).getBytes(UTF_8));

        assertThat(replay(trace))
                .isEqualTo(new Run(
                        0,
                        report(2),
                        "warning: " + trace + ": the last row has no line end, so it may be cut short\n"));
    }

    @ParameterizedTest
    @CsvSource({
        "trace.csv, :3: column org must be of at most 1024 characters: ",
        "trace.jsonl, :2: column org must be of at most 1024 characters: "
    })
    void aLongNameIsABadRow(String name, String message) throws IOException {
        boolean csv = name.endsWith("csv");
        String good = (csv ? HEADER + ROW : JSON).replace("acme", "x".repeat(1_024));
        String bad = (csv ? ROW : JSON).replace("acme", "x".repeat(1_025));

        assertRefused(file(name, (good + bad).getBytes(UTF_8)), message + " \"" + "x".repeat(200));
    }

    @Test
    void aLongLineOfJsonIsABadRow() throws IOException {
        String tooLong = "{\"at\":1,\"more\":\"" + "x".repeat(RowBuilder.LONGEST_VALUE) + "\"}\n";
        String longest = JSON.strip()
                + " ".repeat(RowBuilder.LONGEST_VALUE - JSON.strip().length()) + "\n";
        Path trace = file("trace.jsonl", (JSON + tooLong + longest).getBytes(UTF_8));

        assertRefused(trace, ":2: line must be of at most 4194304 characters: {\"at\":1,\"more\":\"xx");
        assertThat(replay(trace, "--skip-bad-rows").out())
                .startsWith("{\"calls\":2,")
                .endsWith("\"skippedRows\":1}\n");
    }

    @Test
    void aLongFieldOfCsvIsRefused() throws IOException {
        String field = ROW.replace("acme", '"' + "x".repeat(RowBuilder.LONGEST_VALUE) + '"');

        assertRefused(
                file("trace.csv", (HEADER + ROW + field).getBytes(UTF_8)), ":3: The maximum buffer size of 4194304");
    }

    @Test
    void aLongHeaderIsRefused() throws IOException {
        assertRefused(
                file("trace.csv", (",".repeat(1 << 20) + HEADER + ROW).getBytes(UTF_8)),
                ":1: the row that names the columns must be of at most 1048576 characters");
    }

    @Test
    void manyFieldNamesThatShareAHashCodeAreRead() throws IOException {
        StringBuilder line = new StringBuilder("{");
        for (int i = 0; i < 1 << 10; i++) {
            for (int bit = 0; bit < 10; bit++) {
                line.append(bit == 0 ? "\"" : "").append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            line.append("\":1,");
        }
        line.append(JSON.substring(1));

        assertThat(replay(file("trace.jsonl", line.toString().getBytes(UTF_8)))).isEqualTo(new Run(0, report(1), ""));
    }

    @ParameterizedTest
    @CsvSource({"trace.csv, 3", "trace.jsonl, 2"})
    void zerosWhereRowsWereAreABadRow(String name, int line) throws IOException {
        String good = name.endsWith("csv") ? HEADER + ROW : JSON;

        assertRefused(file(name, joined(good.getBytes(UTF_8), new byte[4_096])), ":" + line + ": ");
    }

    @Test
    void aFolderOrAPipeIsNoTrace() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe.csv");
        Path directory = Files.createDirectory(folder.resolve("folder.csv"));
        assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();

        for (Path trace : List.of(pipe, directory)) {
            assertThat(replay(trace)).isEqualTo(new Run(2, "", "error: no file that can be read: " + trace + "\n"));
        }
    }

    @Test
    void theNameOfATraceMayBeginWithAnAtSign() throws IOException {
        file("trace.csv", "--help".getBytes(UTF_8));
        Path trace = file("@trace.csv", (HEADER + ROW).getBytes(UTF_8));
        Path here = Path.of("").toAbsolutePath();

        assertThat(replay(here.relativize(trace)).exitCode()).isZero();
        assertThat(replay(Path.of("@absent.csv")).err()).isEqualTo("error: no file that can be read: @absent.csv\n");
    }

    @Test
    void noMessageSteersATerminal() throws IOException {
        Path trace = file("tr\u001B[2Jace.csv", (HEADER + ROW + "x,x,x\n").getBytes(UTF_8));

        for (Run run : List.of(
                replay(trace),
                replay(trace, "--skip-bad-rows"),
                replay(trace, "--col\u001B[2Jour"),
                replay(trace, "--limit", "a\u001B[2J=b"),
                replay(trace, "--format", "text", "--skip-bad-rows", "--limit", "calls\u001B[2J=1/1m"),
                replay(trace, "--chart", "\u0000"),
                replay(Path.of("absent\u001B[2J.csv")))) {
            assertThat(run.err().lines()).isNotEmpty().allMatch(line -> line.matches("[^\\p{Cc}\\p{Cf}]*"));
            assertThat(run.out()).doesNotContain("\u001B");
        }
    }

    private void assertRefused(Path trace, String message) {
        Run run = replay(trace);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("error: " + trace)
                .contains(message)
                .matches("[^\\p{Cc}]*\n")
                .hasSizeLessThan(1_000);
    }

    private static Run replay(Path trace, String... more) {
        List<String> args = new ArrayList<>(List.of(trace.toString(), "--time", "at", "--organization", "org"));
        args.addAll(Arrays.asList(more).contains("--format") ? List.of() : List.of("--format", "json"));
        args.addAll(Arrays.asList(more));
        return Run.of(args.toArray(String[]::new));
    }

    private static String report(int calls) {
        String counts = "\"calls\":" + calls + ",\"admitted\":" + calls + ",\"rejected\":0";
        return "{" + counts + ",\"limits\":[],\"organizations\":[{\"organization\":\"acme\"," + counts + "}]}\n";
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(text.getBytes(UTF_8));
        }
        return zipped.toByteArray();
    }
}
