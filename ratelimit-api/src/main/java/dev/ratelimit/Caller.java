package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * Who calls: an organization, under the tier of the key it calls with.
 *
 * @param organization who is limited; all its users and keys add up
 * @param tier the tier that this call is decided by
 */
public record Caller(String organization, Tier tier) implements Resolution {

    /**
     * Makes a caller.
     *
     * @param organization who is limited; all its users and keys add up
     * @param tier the tier that this call is decided by
     */
    public Caller {
        requireNonNull(organization, "organization");
        requireNonNull(tier, "tier");
    }
}
