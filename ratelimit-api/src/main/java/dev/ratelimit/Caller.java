package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

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

    /**
     * Returns the organization, and the tier by name and account, for example {@code acme under tier trial (account
     * default)}.
     */
    @Override
    public String toString() {
        return Printable.name(organization) + " under tier " + Printable.name(tier.name()) + " (account "
                + Printable.name(tier.account()) + ")";
    }
}
