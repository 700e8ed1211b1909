package dev.ratelimit.config;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** A text that is no tier file: all that is wrong in it, in the order of the text. */
public final class TierFileException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /** The most errors that the message lists. */
    private static final int MOST_IN_MESSAGE = 20;

    /** All errors. */
    @SuppressWarnings("serial") // an unmodifiable list of the JDK is serializable, and so is a record of strings
    private final List<TierFileError> errors;

    /**
     * Makes the exception.
     *
     * @param errors all errors, at least one
     */
    public TierFileException(List<TierFileError> errors) {
        super(message(errors));
        this.errors = List.copyOf(errors);
    }

    private static String message(List<TierFileError> errors) {
        String listed = errors.stream()
                .limit(MOST_IN_MESSAGE)
                .map(TierFileError::toString)
                .collect(joining(System.lineSeparator()));
        int more = errors.size() - MOST_IN_MESSAGE;
        return more <= 0 ? listed : listed + System.lineSeparator() + "and " + more + " more";
    }

    /**
     * Returns all that is wrong.
     *
     * @return at least one error, in the order of the text, unmodifiable
     */
    public List<TierFileError> errors() {
        return errors;
    }
}
