package dev.ratelimit.core;

/**
 * The part of a limiter that the states of its organizations share.
 *
 * @param clocks the clocks of the limiter
 * @param tierCache the compiled tiers of the limiter
 * @param maxEndpoints the most unlisted endpoints of an organization that have meters of their own
 */
record OrganizationContext(Clocks clocks, TierCache tierCache, int maxEndpoints) {}
