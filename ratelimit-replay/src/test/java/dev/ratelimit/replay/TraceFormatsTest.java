package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same trace, however it is written down, gives the same report. */
class TraceFormatsTest {

    private static final String CSV = """
            at,org,path,in,out
            2026-01-05T09:00:00Z,acme,chat,10,5
            2026-01-05T09:00:01Z,acme,chat,80,6
            2026-01-05T09:00:02Z,"Müller, Söhne & ""Co\""",chat,1,1
            2026-01-05T09:01:01Z,acme,embed,100,0
            2026-01-05T09:01:01Z,acme,chat,94,0
            """;

    private static final String JSON_LINES = """
            {"at":"2026-01-05T09:00:00Z","org":"acme","path":"chat","in":10,"out":5}
            {"out":"6","in":"80","path":"chat","org":"acme","at":"2026-01-05T09:00:01Z","more":{"org":[1,{"in":2}]}}

            {"at":"2026-01-05T09:00:02Z","org":"Müller, S\\u00f6hne & \\"Co\\"","path":"chat","in":1,"out":1}
            {"at":"2026-01-05T09:01:01Z","org":"acme","path":"embed","in":100,"out":0}
            {"at":"2026-01-05T09:01:01Z","org":"acme","path":"chat","in":94,"out":0}
            """;

    /* Of 100 tokens a minute for each endpoint: 15, then 86 do not fit, 2, 100, and 94 when the 15 are gone. */
    private static final String REPORT =
            "{\"calls\":5,\"admitted\":4,\"rejected\":1,\"limits\":[{\"table\":\"tokens=100/1m\",\"scope\":\"chat\","
                    + "\"limit\":\"100 tokens per minute\",\"rejected\":1}],\"organizations\":["
                    + "{\"organization\":\"acme\",\"calls\":4,\"admitted\":3,\"rejected\":1},"
                    + "{\"organization\":\"Müller, Söhne & \\\"Co\\\"\",\"calls\":1,\"admitted\":1,\"rejected\":0}]}\n";

    @TempDir
    Path folder;

    @Test
    void csv() throws IOException {
        assertThat(replay(file("trace.csv", CSV))).isEqualTo(new Run(0, REPORT, ""));
    }

    @Test
    void csvWithAByteOrderMarkWindowsLineEndsAndNoLastOne() throws IOException {
        String text = "\uFEFF" + CSV.strip().replace("\n", "\r\n");

        Path trace = file("trace.csv", text);
        assertThat(replay(trace))
                .isEqualTo(new Run(
                        0, REPORT, "warning: " + trace + ": the last row has no line end, so it may be cut short\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace.jsonl", "trace.ndjson", "trace.json"})
    void jsonLines(String name) throws IOException {
        assertThat(replay(file(name, JSON_LINES))).isEqualTo(new Run(0, REPORT, ""));
    }

    @Test
    void jsonLinesWithAByteOrderMark() throws IOException {
        assertThat(replay(file("trace.jsonl", "\uFEFF" + JSON_LINES))).isEqualTo(new Run(0, REPORT, ""));
    }

    @Test
    void gzip() throws IOException {
        assertThat(replay(file("trace.csv.gz", CSV))).isEqualTo(new Run(0, REPORT, ""));
        assertThat(replay(file("trace.jsonl.gz", JSON_LINES))).isEqualTo(new Run(0, REPORT, ""));
    }

    @Test
    void severalFilesAreOneTraceEachWithItsHeader() throws IOException {
        String[] lines = CSV.split("\n", -1);
        Path first = file("1.csv", lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n");
        Path second = file("2.csv.gz", lines[0] + "\n" + lines[3] + "\n" + lines[4] + "\n");
        Path third = file("3.jsonl", JSON_LINES.lines().skip(5).findFirst().orElseThrow());

        assertThat(replay(first, second, third)).isEqualTo(new Run(0, REPORT, ""));
    }

    @Test
    void standardInputIsCsv() throws IOException {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(CSV.getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(replay(Path.of("-"))).isEqualTo(new Run(0, REPORT, ""));
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void rowsOutOfOrderAreSorted() throws IOException {
        String[] lines = CSV.split("\n", -1);
        Path shuffled =
                file("trace.csv", String.join("\n", lines[0], lines[3], lines[2], lines[1], lines[4], lines[5], ""));

        assertThat(replay(shuffled)).isEqualTo(new Run(0, REPORT, ""));
    }

    private static Run replay(Path... traces) {
        String[] options = {
            "--time",
            "at",
            "--organization",
            "org",
            "--endpoint",
            "path",
            "--charge",
            "tokens=in+out",
            "--limit",
            "tokens=100/1m",
            "--format",
            "json"
        };
        String[] args = new String[traces.length + options.length];
        for (int i = 0; i < traces.length; i++) {
            args[i] = traces[i].toString();
        }
        System.arraycopy(options, 0, args, traces.length, options.length);
        return Run.of(args);
    }

    private Path file(String name, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (name.endsWith(".gz")) {
            ByteArrayOutputStream zipped = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
                gzip.write(bytes);
            }
            bytes = zipped.toByteArray();
        }
        return Files.write(folder.resolve(name), bytes);
    }
}
