package dev.ratelimit.replay;

/** A value of a row that is against a rule. The message is the rule; whoever knows the place adds it. */
final class BadValueException extends RuntimeException {

    private static final long serialVersionUID = 1;

    BadValueException(String rule) {
        super(rule, null, false, false);
    }
}
