package dev.ratelimit.replay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.replay.Summary.Count;
import java.io.IOException;
import java.io.Writer;
import java.util.Map.Entry;

/** The report for programs: one JSON object. */
final class JsonReport implements Report {

    @Override
    public void write(String title, Summary summary, BadRows badRows, Writer out) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            json.writeStartObject();
            writeCount(json, summary.all());
            json.writeArrayFieldStart("limits");
            for (Entry<AppliedLimit, Count> entry : summary.limits()) {
                AppliedLimit limit = entry.getKey();
                json.writeStartObject();
                json.writeStringField("table", limit.table());
                json.writeStringField("scope", limit.scope().name());
                if (limit.member().isPresent()) {
                    json.writeStringField("member", limit.member().get().kind());
                }
                json.writeStringField("limit", limit.limit().toString());
                json.writeNumberField("rejected", entry.getValue().rejected());
                if (entry.getValue().overrun() > 0) {
                    json.writeNumberField("overrun", entry.getValue().overrun());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("organizations");
            for (Entry<String, Count> entry : summary.organizations(MOST_REFUSED)) {
                json.writeStartObject();
                json.writeStringField("organization", entry.getKey());
                writeCount(json, entry.getValue());
                json.writeEndObject();
            }
            json.writeEndArray();
            if (badRows.areSkipped()) {
                json.writeNumberField("skippedRows", badRows.count());
            }
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    private static void writeCount(JsonGenerator json, Count count) throws IOException {
        json.writeNumberField("calls", count.calls());
        json.writeNumberField("admitted", count.admitted());
        json.writeNumberField("rejected", count.rejected());
    }
}
