package dev.ratelimit.replay;

import dev.ratelimit.spi.Printable;
import java.util.ArrayList;
import java.util.List;

/** The rows that cannot be replayed: the first one ends the replay, unless such rows are to be skipped. */
final class BadRows {

    private static final int SHOWN = 5;
    private static final int LONGEST_PROBLEM = 300;

    private final boolean skip;
    private final List<String> first = new ArrayList<>();
    private final List<String> doubts = new ArrayList<>();
    private long count;

    BadRows(boolean skip) {
        this.skip = skip;
    }

    /**
     * Notes a bad row.
     *
     * @param place file and line
     * @param problem the column, the rule and the value that is against it
     * @throws BadInputException unless bad rows are skipped
     */
    void add(String place, String problem) {
        String message = Printable.text(place) + ": " + Printable.of(problem, LONGEST_PROBLEM);
        if (!skip) {
            throw new BadInputException(message);
        }
        count++;
        if (first.size() < SHOWN) {
            first.add(message);
        }
    }

    /**
     * Notes what makes it doubtful that the rows of a file are all and whole, although each of them can be replayed.
     */
    void doubt(String file, String why) {
        doubts.add(Printable.text(file) + ": " + why);
    }

    List<String> doubts() {
        return doubts;
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
