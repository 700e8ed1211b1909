package dev.ratelimit.core;

import org.jspecify.annotations.Nullable;

/**
 * The part of a limiter that the states of its organizations share.
 *
 * @param clocks the clocks of the limiter
 * @param tierCache the compiled tiers of the limiter
 * @param maxEndpoints the most unlisted endpoints of an organization, or of a member, that have meters of their own
 * @param maxMembers the most members of an organization that have states of their own
 * @param leases takes leases of quotas from their store; null if quotas are counted here
 */
record OrganizationContext(
        Clocks clocks,
        TierCache tierCache,
        int maxEndpoints,
        int maxMembers,
        @Nullable QuotaLeases leases) {}
