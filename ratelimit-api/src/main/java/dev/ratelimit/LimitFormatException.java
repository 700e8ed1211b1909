package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;

/** A text that is no limit: the rule that it breaks, and where. */
public final class LimitFormatException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /** The rule that the text breaks. */
    private final String rule;

    /** Where the text breaks the rule. */
    private final int index;

    /**
     * Makes the exception.
     *
     * @param text the whole text
     * @param index where the text breaks the rule, counted in UTF-16 units from 0 to the length of the text
     * @param rule the rule, a phrase without a full stop
     * @throws IllegalArgumentException if the index is out of its range
     */
    public LimitFormatException(String text, int index, String rule) {
        super(Printable.text(
                rule + ", at character " + (index + 1) + ": limit=" + Printable.name(requireNonNull(text, "text"))));
        Arguments.require(index >= 0 && index <= text.length(), "index", "between 0 and the text's length", index);
        this.rule = requireNonNull(rule, "rule");
        this.index = index;
    }

    /**
     * Returns the rule that the text breaks.
     *
     * @return a phrase without a full stop, {@linkplain dev.ratelimit printable}
     */
    public String rule() {
        return rule;
    }

    /**
     * Returns where the text breaks the rule.
     *
     * @return the place in UTF-16 units, from 0 to the length of the text
     */
    public int index() {
        return index;
    }
}
