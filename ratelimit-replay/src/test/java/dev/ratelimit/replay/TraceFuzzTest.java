package dev.ratelimit.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A mutated trace is read as what it says, or refused with one sentence: never as a shorter good one, never with a
 * stack trace.
 */
class TraceFuzzTest {

    /** Many more by the profile "proof". */
    private static final int MUTANTS = Integer.getInteger("trace.mutants", 150);

    private static final byte[][] PIECES = {
        "\"".getBytes(UTF_8),
        ",".getBytes(UTF_8),
        "\n".getBytes(UTF_8),
        "\r".getBytes(UTF_8),
        "\\".getBytes(UTF_8),
        "{}[]:".getBytes(UTF_8),
        new byte[] {0},
        new byte[64],
        {(byte) 0xC3},
        {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
        {(byte) 0xFF},
        {0x1F, (byte) 0x8B, 8, 0},
        "\u001B[2J".getBytes(UTF_8),
        "\uFFFD\u202E".getBytes(UTF_8),
        "99999999999999999999".getBytes(UTF_8),
        "1e9".getBytes(UTF_8),
        "x".repeat(1_100).getBytes(UTF_8)
    };

    @TempDir
    Path folder;

    private final Random random = new Random(20_260_105);

    @ParameterizedTest
    @ValueSource(strings = {"trace.csv", "trace.jsonl", "trace.csv.gz", "trace.jsonl.gz"})
    void aMutantIsReadAsItIsOrRefusedInOneSentence(String name) throws IOException {
        Path trace = folder.resolve(name);
        int read = 0;
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = mutate(original(name));
            Files.write(trace, mutant);
            Run run = replay(trace);
            Optional<TraceOracle> said = TraceOracle.of(name, mutant);
            String what = "mutant " + i + " " + run + ": " + Arrays.toString(mutant);
            if (said.isPresent()) {
                read++;
                TraceOracle totals = said.get();
                assertThat(run.exitCode()).as(what).isZero();
                assertThat(run.out())
                        .as(what)
                        .startsWith("{\"calls\":" + totals.calls() + ",\"admitted\":" + totals.admitted() + ",");
            } else {
                refused++;
                assertThat(run.exitCode()).as(what).isEqualTo(2);
                assertThat(run.out()).as(what).isEmpty();
                assertThat(run.err()).as(what).matches("error: [^\\p{Cc}\\p{Cf}\\u2028\\u2029]+\n");
            }
        }
        assertThat(read).isGreaterThan(MUTANTS / 50);
        assertThat(refused).isGreaterThan(MUTANTS / 4);
    }

    private static Run replay(Path trace) {
        return Run.of(
                trace.toString(),
                "--time",
                "at",
                "--time-unit",
                "ms",
                "--max-disorder",
                TraceOracle.DISORDER_DAYS + "d",
                "--organization",
                "org",
                "--endpoint",
                "path",
                "--charge",
                "tokens=tokens",
                "--limit",
                "tokens=" + TraceOracle.LIMIT + "/ever",
                "--format",
                "json");
    }

    /** Returns a good trace of up to 12 calls, in gzip of one member or of several. */
    private byte[] original(String name) throws IOException {
        StringBuilder text = new StringBuilder(random.nextInt(8) == 0 ? "\uFEFF" : "");
        boolean csv = name.contains(".csv");
        String end = random.nextInt(4) == 0 ? "\r\n" : "\n";
        text.append(csv ? "at,org,more,path,tokens" + end : "");
        for (int i = random.nextInt(13); i > 0; i--) {
            String at = 1_767_603_600_000L + random.nextInt(100_000) + (random.nextInt(4) == 0 ? ".5" : "");
            String org = new String[] {"acme", "M\u00FCller", "\u65E5\u672C", "a b"}[random.nextInt(4)];
            String path = random.nextBoolean() ? "chat" : "embed";
            int tokens = random.nextInt(60);
            text.append(
                    csv
                            ? at + "," + quoted(org) + ",x," + quoted(path) + "," + tokens
                            : "{\"at\":" + at + ",\"more\":[{\"at\":1}],\"org\":\"" + org + "\",\"path\":\"" + path
                                    + "\",\"tokens\":" + tokens + "}");
            text.append(i == 1 && random.nextInt(4) == 0 ? "" : end);
        }
        byte[] bytes = text.toString().getBytes(UTF_8);
        return name.endsWith(".gz") ? gzip(bytes) : bytes;
    }

    private String quoted(String value) {
        return random.nextInt(3) == 0 ? '"' + value.replace(" ", random.nextBoolean() ? "\"\"" : "\n") + '"' : value;
    }

    private byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        int members = 1 + random.nextInt(3);
        for (int i = 0; i < members; i++) {
            try (GZIPOutputStream member = new GZIPOutputStream(zipped)) {
                int from = bytes.length * i / members;
                member.write(bytes, from, bytes.length * (i + 1) / members - from);
            }
        }
        return zipped.toByteArray();
    }

    /** Cuts a file short, or changes, takes away, repeats or inserts some bytes; one in sixteen stays as it is. */
    private byte[] mutate(byte[] original) {
        byte[] bytes = original;
        for (int i = random.nextInt(16) == 0 ? 0 : 1 + random.nextInt(2); i > 0; i--) {
            int at = random.nextInt(bytes.length + 1);
            int until = Math.min(bytes.length, at + 1 + random.nextInt(random.nextBoolean() ? 2 : 40));
            bytes = switch (random.nextInt(7)) {
                case 0 -> Arrays.copyOf(bytes, at);
                case 1 -> Arrays.copyOf(bytes, Math.max(0, bytes.length - 1 - random.nextInt(12)));
                case 2 -> flip(bytes, at);
                case 3 -> spliced(bytes, at, until, new byte[0]);
                case 4 -> spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, until));
                case 5 -> spliced(bytes, at, until, PIECES[random.nextInt(PIECES.length)]);
                default -> spliced(bytes, at, at, PIECES[random.nextInt(PIECES.length)]);
            };
        }
        return bytes;
    }

    private byte[] flip(byte[] bytes, int at) {
        byte[] flipped = bytes.clone();
        if (at < flipped.length) {
            flipped[at] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
    }

    private static byte[] spliced(byte[] bytes, int from, int until, byte[] piece) {
        ByteArrayOutputStream spliced = new ByteArrayOutputStream();
        spliced.write(bytes, 0, from);
        spliced.writeBytes(piece);
        spliced.write(bytes, until, bytes.length - until);
        return spliced.toByteArray();
    }
}
