package dev.ratelimit.core;

import dev.ratelimit.spi.QuotaKey;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The part of a limiter that the states of its organizations share.
 *
 * @param clocks the clocks of the limiter
 * @param tierCache the compiled tiers of the limiter
 * @param maxEndpoints the most unlisted endpoints of an organization, or of a member, that have meters of their own
 * @param maxMembers the most members of an organization that have states of their own
 * @param quotas makes the meters of quotas whose counts are in a store; null if quotas are counted here
 */
record OrganizationContext(
        Clocks clocks,
        TierCache tierCache,
        int maxEndpoints,
        int maxMembers,
        @Nullable Function<QuotaKey, LeasedQuota> quotas) {}
