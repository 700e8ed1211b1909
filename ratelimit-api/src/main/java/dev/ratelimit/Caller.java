package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * Who calls: an organization, under the tier of the key it calls with. An immutable value.
 *
 * <p>Later versions will say more of a caller, so it is made by a factory.
 */
public final class Caller implements Resolution {

    private final String organization;
    private final Tier tier;

    private Caller(String organization, Tier tier) {
        this.organization = requireNonNull(organization, "organization");
        this.tier = requireNonNull(tier, "tier");
    }

    /**
     * Makes a caller.
     *
     * @param organization who is limited; all its users and keys add up
     * @param tier the tier that decides its calls
     * @return the caller
     */
    public static Caller of(String organization, Tier tier) {
        return new Caller(organization, tier);
    }

    /**
     * Returns who is limited.
     *
     * @return the name of the organization
     */
    public String organization() {
        return organization;
    }

    /**
     * Returns the tier that decides the calls of this caller.
     *
     * @return the tier
     */
    public Tier tier() {
        return tier;
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof Caller that && organization.equals(that.organization) && tier.equals(that.tier));
    }

    @Override
    public int hashCode() {
        return 31 * organization.hashCode() + tier.hashCode();
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
