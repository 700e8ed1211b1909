package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Cause;
import dev.ratelimit.spi.Printable;

/**
 * A vendor answered an earlier call by asking for a wait, which is not over.
 *
 * @param endpoint the endpoint of the vendor
 */
public record AskedToWait(String endpoint) implements Cause {

    /**
     * Makes the cause.
     *
     * @param endpoint the endpoint of the vendor
     */
    public AskedToWait {
        requireNonNull(endpoint, "endpoint");
    }

    /** Returns for example {@code Endpoint "chat" asked to be called later}. */
    @Override
    public String message() {
        return "Endpoint \"" + Printable.name(endpoint) + "\" asked to be called later";
    }

    /** Returns 503 (Service Unavailable): what the caller asked for needs the vendor. */
    @Override
    public int suggestedStatus() {
        return 503;
    }
}
