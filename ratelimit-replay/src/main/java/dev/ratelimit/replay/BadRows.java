package dev.ratelimit.replay;

import java.util.ArrayList;
import java.util.List;

/** The rows that cannot be replayed: the first one ends the replay, unless such rows are to be skipped. */
final class BadRows {

    private static final int SHOWN = 5;
    private static final int LONGEST_MESSAGE = 300;

    private final boolean skip;
    private final List<String> first = new ArrayList<>();
    private long count;

    BadRows(boolean skip) {
        this.skip = skip;
    }

    /**
     * Notes a bad row.
     *
     * @param place file and line
     * @param problem the column, the rule and the value that is against it; what a terminal should not get of it is left out
     * @throws BadInputException unless bad rows are skipped
     */
    void add(String place, String problem) {
        String message = place + ": " + Printable.of(problem);
        if (message.length() > LONGEST_MESSAGE) {
            message = message.substring(0, LONGEST_MESSAGE) + "...";
        }
        if (!skip) {
            throw new BadInputException(message);
        }
        count++;
        if (first.size() < SHOWN) {
            first.add(message);
        }
    }

    boolean areSkipped() {
        return skip;
    }

    long count() {
        return count;
    }

    List<String> first() {
        return first;
    }
}
