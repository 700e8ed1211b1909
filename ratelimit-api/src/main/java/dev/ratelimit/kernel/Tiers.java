package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.Printable;
import org.jspecify.annotations.Nullable;

/** Looks tiers up. */
public final class Tiers {

    private Tiers() {}

    /**
     * Returns the tier of an organization.
     *
     * @param tiers gives the tier
     * @param organization the name of the organization
     * @return the tier
     * @throws IllegalStateException if the resolver gives none
     */
    public static Tier of(TierResolver tiers, String organization) {
        requireNonNull(organization, "organization");
        @Nullable Tier tier = tiers.tierOf(organization);
        if (tier == null) {
            throw new IllegalStateException(
                    "the tier resolver must give a tier: organization=" + Printable.name(organization));
        }
        return tier;
    }
}
