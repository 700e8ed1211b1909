package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * The call names an endpoint that the caller's tier does not name, and the tier {@linkplain
 * Tier.Builder#refuseOtherEndpoints() refuses others}.
 *
 * @param endpoint the name, as the call gives it, or what stands for a long one; at most {@value
 *     Scope.Endpoint#MAX_BYTES} bytes in UTF-8
 */
public record EndpointUnknown(String endpoint) implements Cause {

    /**
     * Makes the cause.
     *
     * @param endpoint the name, as the call gives it
     */
    public EndpointUnknown {
        endpoint = BoundedName.of(requireNonNull(endpoint, "endpoint"), Scope.Endpoint.MAX_BYTES);
    }

    /** Returns for example {@code There is no endpoint "Chat"}. */
    @Override
    public String message() {
        return "There is no endpoint \"" + Printable.name(endpoint) + '"';
    }

    /** Returns 404 (Not Found). */
    @Override
    public int suggestedStatus() {
        return 404;
    }

    /** Returns the message. */
    @Override
    public String toString() {
        return message();
    }
}
