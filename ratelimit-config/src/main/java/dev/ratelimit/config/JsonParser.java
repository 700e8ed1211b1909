package dev.ratelimit.config;

import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Reads what JSON has and YAML 1.1 has not: {@code \/} in a text, and tabs between tokens. SnakeYAML sees other
 * characters in their places, so that everything stands where it stands in the file.
 */
final class JsonParser extends ParserImpl {

    /** Stands for the backslash of {@code \/}. It is no character of Unicode, and no file has it. */
    static final char ESCAPE = '\uFDD0';

    /** What stands outside of texts; YAML has more. */
    private static final String OUTSIDE = "{}[],: \t\r\n\uFEFF+-.0123456789Eaeflnrstu";

    private JsonParser(String readable, LoaderOptions options) {
        super(new StreamReader(readable), options);
    }

    /** Returns a parser of a text of JSON or YAML. */
    static Parser of(String text, LoaderOptions options) {
        String readable = isJson(text) ? readable(text) : text;
        return readable.equals(text)
                ? new ParserImpl(new StreamReader(text), options)
                : new JsonParser(readable, options);
    }

    /** Tells whether a text may be JSON by its beginning, which YAML may have, too. */
    private static boolean isJson(String text) {
        int begin = text.startsWith("\uFEFF") ? 1 : 0;
        return text.substring(begin).stripLeading().startsWith("{");
    }

    /** Returns JSON that SnakeYAML can read, and any other text as it is. */
    private static String readable(String json) {
        StringBuilder readable = new StringBuilder(json);
        boolean isInText = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (isInText && c == '\\') {
                if (json.startsWith("/", i + 1)) {
                    readable.setCharAt(i, ESCAPE);
                } else if (json.regionMatches(true, i + 1, "uFDD0", 0, 5)) {
                    return json;
                }
                i++; // what is escaped ends no text
            } else if (c == '"') {
                isInText = !isInText;
            } else if (!isInText && OUTSIDE.indexOf(c) < 0) {
                return json;
            } else if (!isInText && c == '\t') {
                readable.setCharAt(i, ' ');
            }
        }
        return readable.toString();
    }

    @Override
    public Event getEvent() {
        Event event = super.getEvent();
        if (event instanceof ScalarEvent scalar && scalar.getValue().indexOf(ESCAPE) >= 0) {
            return new ScalarEvent(
                    scalar.getAnchor(),
                    scalar.getTag(),
                    scalar.getImplicit(),
                    scalar.getValue().replace(String.valueOf(ESCAPE), ""),
                    scalar.getStartMark(),
                    scalar.getEndMark(),
                    scalar.getScalarStyle());
        }
        return event;
    }
}
