package dev.ratelimit.replay;

import dev.ratelimit.spi.Printable;

/** Input that cannot be replayed. The message is for the person at the terminal. */
final class BadInputException extends RuntimeException {

    private static final long serialVersionUID = 1;

    BadInputException(String message) {
        super(Printable.text(message));
    }
}
