package dev.ratelimit.replay;

import dev.ratelimit.Unit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Two hours of traffic that was never there, the same every time: generated as CSV, so that it is read like any other.
 */
final class DemoTrace {

    static final Charge TOKENS = new Charge(Unit.TOKENS, List.of("tokens"));

    private static final Instant START = Instant.parse("2026-01-05T09:00:00Z");
    private static final int MINUTES = 120;

    private DemoTrace() {}

    static RowFormat format(List<Charge> charges, Optional<RowFormat.Ending> ending) {
        return new RowFormat(
                "time",
                new TextTime(),
                new RowFormat.Name(Optional.of("organization"), ""),
                new RowFormat.Name(Optional.of("endpoint"), ""),
                List.of(),
                charges,
                ending);
    }

    static byte[] csv() {
        List<Call> calls = new ArrayList<>();
        // Ordinary users, well within what a trial allows.
        traffic(calls, "acme", "chat", 6, 0, MINUTES);
        traffic(calls, "acme", "rerank", 2, 0, MINUTES);
        traffic(calls, "hooli", "chat", 4, 10, 100);
        traffic(calls, "hooli", "embed", 1, 10, 100);
        // Busy enough to meet a limit now and then.
        traffic(calls, "umbrella", "chat", 15, 0, MINUTES);
        // A nightly job that indexes everything at once: the burst.
        traffic(calls, "globex", "embed", 2, 0, MINUTES);
        traffic(calls, "globex", "embed", 70, 30, 42);
        // A client that tries again at once when it is refused: the runaway.
        traffic(calls, "initech", "chat", 5, 0, MINUTES);
        traffic(calls, "initech", "chat", 160, 65, 80);
        // One that uses up its month within the two hours.
        traffic(calls, "stark", "rerank", 9, 0, MINUTES);
        traffic(calls, "stark", "classify", 5, 20, MINUTES);
        calls.sort(Comparator.comparing(Call::time));

        StringBuilder csv = new StringBuilder("time,organization,endpoint,tokens\n");
        for (Call call : calls) {
            csv.append(call.time).append(',').append(call.organization).append(',');
            csv.append(call.endpoint).append(',').append(call.tokens).append('\n');
        }
        return csv.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Adds calls at random, at an average rate per minute, between two minutes of the trace. */
    private static void traffic(
            List<Call> calls, String organization, String endpoint, int perMinute, int from, int to) {
        Random random = new Random(calls.size());
        Instant time = START.plus(Duration.ofMinutes(from));
        Instant end = START.plus(Duration.ofMinutes(to));
        while (true) {
            double minutes = -Math.log(1 - random.nextDouble()) / perMinute;
            time = time.plusMillis((long) (minutes * 60_000));
            if (!time.isBefore(end)) {
                return;
            }
            calls.add(new Call(time, organization, endpoint, 50 + random.nextInt(1_950)));
        }
    }

    private record Call(Instant time, String organization, String endpoint, int tokens) {}
}
