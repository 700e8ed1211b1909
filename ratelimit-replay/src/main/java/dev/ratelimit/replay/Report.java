package dev.ratelimit.replay;

import java.io.IOException;
import java.io.Writer;
import picocli.CommandLine.TypeConversionException;

/** How the numbers of a replay are told. */
interface Report {

    /** How many organizations are named, those that were refused most often. */
    int MOST_REFUSED = 20;

    /** Reads the name of a format. */
    static Report parse(String text) {
        return switch (text) {
            case "text" -> new TextReport();
            case "json" -> new JsonReport();
            default -> throw new TypeConversionException("must be one of text, json: " + text);
        };
    }

    /**
     * Writes the report.
     *
     * @param title what the trace was held against
     */
    void write(String title, Summary summary, BadRows badRows, Writer out) throws IOException;
}
