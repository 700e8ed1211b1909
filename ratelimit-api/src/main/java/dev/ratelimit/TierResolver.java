package dev.ratelimit;

/**
 * Tells which tier an organization is on. It is asked at every call that does not bring its tier, on the caller's
 * thread, so it should answer from memory; the answer may change from call to call, and what is used is kept. It is
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
}
