package dev.ratelimit.replay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.ratelimit.replay.RowBuilder.Column;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Reads lines each of which is a JSON object; its fields are the columns. */
final class JsonLinesTrace {

    /* A table of names would grow or fail: a trace may have many names that nobody reads, made to share a hash code. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private JsonLinesTrace() {}

    static void read(InputStream in, RowBuilder row) throws IOException {
        Lines lines = new Lines(new InputStreamReader(in, StandardCharsets.UTF_8), RowBuilder.LONGEST_VALUE);
        for (long number = 1; lines.next(); number++) {
            if (!lines.isBlank()) {
                row.begin(number);
                readLine(lines, row);
                row.end();
            }
        }
    }

    private static void readLine(Lines lines, RowBuilder row) throws IOException {
        if (lines.isTooLong()) {
            row.reject("line", "must be of at most " + RowBuilder.LONGEST_VALUE + " characters: " + lines.beginning());
            return;
        }
        try (JsonParser json = JSON.createParser(lines.chars(), 0, lines.length())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                row.reject("line", "must be a JSON object: " + lines.beginning());
                return;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                readField(json, row);
            }
            if (json.nextToken() != null) {
                row.reject("line", "must be one JSON object: " + lines.beginning());
            }
        } catch (JsonProcessingException e) {
            row.reject("line", "must be a JSON object: " + e.getOriginalMessage());
        }
    }

    private static void readField(JsonParser json, RowBuilder row) throws IOException {
        Column column = row.columns().get(json.currentName());
        JsonToken value = json.nextToken();
        if (column == null) {
            json.skipChildren();
        } else if (value == JsonToken.VALUE_STRING || value.isNumeric()) {
            row.value(column, json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
        } else {
            row.reject("column " + json.currentName(), "must be a number or a string: " + json.getText());
            json.skipChildren();
        }
    }
}
