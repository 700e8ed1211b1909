package dev.ratelimit.replay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.ratelimit.replay.RowBuilder.Column;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Reads lines each of which is a JSON object; its fields are the columns. */
final class JsonLinesTrace {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private JsonLinesTrace() {}

    static void read(InputStream in, RowBuilder row) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        String line = lines.readLine();
        if (line != null && line.startsWith(BYTE_ORDER_MARK)) {
            line = line.substring(BYTE_ORDER_MARK.length());
        }
        for (long number = 1; line != null; number++) {
            if (!line.isBlank()) {
                row.begin(number);
                readObject(line, row);
                row.end();
            }
            line = lines.readLine();
        }
    }

    private static void readObject(String line, RowBuilder row) throws IOException {
        try (JsonParser json = JSON.createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                row.reject("line", "must be a JSON object: " + line);
                return;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                readField(json, row);
            }
            if (json.nextToken() != null) {
                row.reject("line", "must be one JSON object: " + line);
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
