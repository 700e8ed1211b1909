package dev.ratelimit.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;

/** What is found to be wrong while a file is read, so that its author sees all of it at once. */
final class Findings {

    /** A file that has more than this many errors is another kind of file. */
    private static final int MOST = 1_000;

    private final String file;
    private final List<TierFileError> errors = new ArrayList<>();

    Findings(String file) {
        this.file = file;
    }

    void add(Node at, String rule) {
        add(at, 0, rule);
    }

    /** Adds an error that stands some characters behind the beginning of a node. */
    void add(Node at, int offset, String rule) {
        Mark mark = at.getStartMark();
        add(mark.getLine() + 1, mark.getColumn() + 1 + offset, rule);
    }

    void add(Mark mark, String rule) {
        add(mark.getLine() + 1, mark.getColumn() + 1, rule);
    }

    void add(int line, int column, String rule) {
        if (errors.size() < MOST) {
            errors.add(new TierFileError(file, line, column, rule));
        }
    }

    /**
     * Throws if there is an error.
     *
     * @throws TierFileException if anything was added
     */
    void throwIfAny() {
        if (!errors.isEmpty()) {
            errors.sort(Comparator.comparingInt(TierFileError::line).thenComparingInt(TierFileError::column));
            throw new TierFileException(errors);
        }
    }
}
