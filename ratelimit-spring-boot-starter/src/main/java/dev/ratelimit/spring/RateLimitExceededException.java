package dev.ratelimit.spring;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;

/**
 * A call was refused. In a request it is answered with the status, the fields and the body that a refusal of the filter
 * has. A handler may throw it too, for calls that it asks a limiter for by itself.
 */
public class RateLimitExceededException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient Rejected rejected;
    private final transient Usage usage;

    /**
     * Makes the exception.
     *
     * @param rejected the refusal, of a limiter or of a key
     * @param usage what the call asked for
     */
    public RateLimitExceededException(Rejected rejected, Usage usage) {
        super(requireNonNull(rejected, "rejected").message());
        this.rejected = rejected;
        this.usage = requireNonNull(usage, "usage");
    }

    /**
     * Returns the refusal.
     *
     * @return why, and the wait that helps
     */
    public Rejected rejected() {
        return rejected;
    }

    /**
     * Returns what the call asked for.
     *
     * @return the usage
     */
    public Usage usage() {
        return usage;
    }

    /** Returns this exception without a trace: a refusal is an answer and no error of the program. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
