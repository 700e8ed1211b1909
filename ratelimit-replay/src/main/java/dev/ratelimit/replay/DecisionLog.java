package dev.ratelimit.replay;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Rejected;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

/** Every decision, as a row of CSV. */
final class DecisionLog implements Output {

    private final CsvWriter csv;

    DecisionLog(OutputStream out) {
        csv = CsvWriter.builder()
                .lineDelimiter(LineDelimiter.LF)
                .build(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        csv.writeRecord("time", "organization", "endpoint", "admitted", "limit", "retry-after");
    }

    @Override
    public void decided(Row row, Decision decision) {
        String limit = "";
        String retryAfter = "";
        if (decision instanceof Rejected rejected) {
            limit = rejected.cause() instanceof LimitReached reached ? inWords(reached.applied()) : "";
            retryAfter = rejected.retryAfter().map(DecisionLog::inSeconds).orElse("never");
        }
        csv.writeRecord(
                Instant.EPOCH.plusNanos(row.time()).toString(),
                row.organization(),
                row.endpoint(),
                Boolean.toString(decision.isAdmitted()),
                limit,
                retryAfter);
    }

    private static String inWords(AppliedLimit limit) {
        String ofMember = limit.member().map(member -> " of " + member).orElse("");
        return limit.table() + " / " + limit.scope().name() + ofMember + " / "
                + limit.limit().inWords();
    }

    private static String inSeconds(Duration wait) {
        return BigDecimal.valueOf(wait.getSeconds())
                .add(BigDecimal.valueOf(wait.getNano(), 9))
                .stripTrailingZeros()
                .toPlainString();
    }

    @Override
    public void finish() throws IOException {
        csv.flush();
    }
}
