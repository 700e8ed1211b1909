package dev.ratelimit.core;

/**
 * What the states of all organizations of a limiter share.
 *
 * @param clocks the clocks of the limiter
 * @param tierCache its compiled tiers
 * @param maxEndpoints the most unlisted endpoints of an organization that have meters of their own
 */
record OrganizationContext(Clocks clocks, TierCache tierCache, int maxEndpoints) {}
