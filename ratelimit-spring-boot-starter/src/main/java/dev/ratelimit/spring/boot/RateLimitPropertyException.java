package dev.ratelimit.spring.boot;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** Properties of {@code ratelimit} that are wrong: all that is found, so that their author sees it at once. */
public final class RateLimitPropertyException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /** What is wrong. */
    @SuppressWarnings("serial") // an unmodifiable list of the JDK is serializable, and so is a record of strings
    private final List<Finding> findings;

    /**
     * A property that is wrong.
     *
     * @param property the name of the property
     * @param rule what it must be
     */
    public record Finding(String property, String rule) {

        /** Returns the name and the rule. */
        @Override
        public String toString() {
            return property + ": " + rule;
        }
    }

    /**
     * Makes the exception of one property.
     *
     * @param property the name of the property
     * @param rule what it must be
     */
    public RateLimitPropertyException(String property, String rule) {
        this(List.of(new Finding(property, rule)));
    }

    /**
     * Makes the exception.
     *
     * @param findings what is wrong, at least one
     */
    public RateLimitPropertyException(List<Finding> findings) {
        super(findings.stream().map(Finding::toString).collect(joining(System.lineSeparator())));
        this.findings = List.copyOf(findings);
    }

    /**
     * Returns what is wrong.
     *
     * @return at least one finding, unmodifiable
     */
    public List<Finding> findings() {
        return findings;
    }
}
