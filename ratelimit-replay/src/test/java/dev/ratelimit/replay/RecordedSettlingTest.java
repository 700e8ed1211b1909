package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded traffic whose generated tokens are charged when a call ends. */
class RecordedSettlingTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long WINDOW = Duration.ofMinutes(1).toNanos();

    /*
     * A quota until reached does not ask how much a call needs, and a call that takes no time is charged in full before
     * the next is decided. So neither the count nor the 501,206 tokens used depend on what is known before.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "--charge tokens=ContextTokens --charge-after tokens=GeneratedTokens",
                "--charge tokens=GeneratedTokens --charge-after tokens=ContextTokens --duration 0s",
                "--charge-after tokens=ContextTokens+GeneratedTokens"
            })
    void aQuotaUntilReachedAdmitsTheSameIfNothingOverlaps(String charges) throws IOException {
        Run run = replay(charges, "tokens=500000/ever,until-reached");

        assertThat(run.err()).isEqualTo(GoldenCountsTest.warnings(recorded()));
        assertThat(run.out())
                .startsWith("{\"calls\":19366,\"admitted\":427,\"rejected\":18939,")
                .contains("\"rejected\":18939,\"overrun\":1206}");
    }

    @ParameterizedTest(name = "{0} tokens a minute, duration {1}")
    @CsvSource({"50000, 5s", "100000, GeneratedTokens"})
    void aWindowAgreesWithASumOverAllCalls(long amount, String duration) throws IOException {
        LongUnaryOperator nanos = duration.equals("GeneratedTokens")
                ? generated -> generated * SECOND
                : generated -> Span.parse(duration).toNanos();
        long[] expected = admittedAndOverrun(calls(nanos), amount);

        Run run = replay(
                "--charge tokens=ContextTokens --charge-after tokens=GeneratedTokens --duration " + duration,
                "tokens=" + amount + "/1m");

        assertThat(run.err()).isEqualTo(GoldenCountsTest.warnings(recorded()));
        assertThat(run.out())
                .startsWith("{\"calls\":19366,\"admitted\":" + expected[0] + ",")
                .contains(",\"overrun\":" + expected[1] + "}");
    }

    private record Call(long time, long end, long context, long generated) {

        long countsAt(long now) {
            return counts(time, now) * context + counts(end, now) * generated;
        }

        private static long counts(long charged, long now) {
            return charged <= now && now - charged < WINDOW ? 1 : 0;
        }
    }

    /** Decides every call, and looks at every end, by the sum over all calls admitted so far. */
    private static long[] admittedAndOverrun(List<Call> calls, long amount) {
        List<Call> admitted = new ArrayList<>();
        for (Call call : calls) {
            if (used(admitted, call.time()) + call.context() <= amount) {
                admitted.add(call);
            }
        }
        long most = admitted.stream()
                .mapToLong(call -> used(admitted, call.end()))
                .max()
                .orElse(0);
        return new long[] {admitted.size(), most - amount};
    }

    private static long used(List<Call> admitted, long now) {
        long used = 0;
        for (Call call : admitted) {
            used += call.countsAt(now);
        }
        return used;
    }

    private static List<Call> calls(LongUnaryOperator duration) throws IOException {
        List<Call> calls = new ArrayList<>();
        List<String> lines = Files.readAllLines(recorded());
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split(",", -1);
            long time = ChronoUnit.NANOS.between(Instant.EPOCH, Instant.parse(fields[0].replace(' ', 'T') + "Z"));
            long generated = Long.parseLong(fields[2]);
            calls.add(new Call(time, time + duration.applyAsLong(generated), Long.parseLong(fields[1]), generated));
        }
        return calls;
    }

    private static Run replay(String charges, String limit) {
        List<String> args = new ArrayList<>(List.of(recorded().toString(), "--exact", "--time", "TIMESTAMP"));
        args.addAll(Arrays.asList(charges.split(" ", -1)));
        args.addAll(List.of("--limit", limit, "--format", "json"));
        return Run.of(args.toArray(String[]::new));
    }

    private static Path recorded() {
        return GoldenCountsTest.recorded("conv");
    }
}
