package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * Tells which tier an organization is on. It is asked at every call that does not bring its tier, on the caller's
 * thread, so it should answer from memory. The answer may change from call to call, and what is used is kept. It is
 * best to answer with the same object as long as the tier is the same.
 */
@FunctionalInterface
public interface TierResolver {

    /**
     * Returns the tier of an organization.
     *
     * @param organization the organization that calls
     * @return its tier; {@code null} makes the call fail with an {@link IllegalStateException}
     */
    Tier tierOf(String organization);

    /**
     * Returns an organization under the tier that this resolver gives; for backends.
     *
     * @param organization the organization that calls
     * @return the caller
     * @throws IllegalStateException if this resolver gives no tier
     */
    default Caller callerOf(String organization) {
        Tier tier = tierOf(requireNonNull(organization, "organization"));
        if (tier == null) {
            throw new IllegalStateException(
                    "the tier resolver must give a tier: organization=" + Printable.name(organization));
        }
        return Caller.of(organization, tier);
    }

    /**
     * Returns the resolver of a limiter that has no default tier, since all its callers bring their own: keys do.
     *
     * @return a resolver that throws an {@link IllegalStateException}, which says what to set
     */
    static TierResolver none() {
        return organization -> {
            throw new IllegalStateException(
                    "a call by name needs a default tier: set tier(..) or tiers(..) when building,"
                            + " or call by a Caller: organization=" + Printable.name(organization));
        };
    }
}
