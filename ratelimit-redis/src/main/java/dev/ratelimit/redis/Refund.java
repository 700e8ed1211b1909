package dev.ratelimit.redis;

/**
 * Units of a charge that are given back.
 *
 * @param of the charge
 * @param units how many of its units
 */
record Refund(Booking of, long units) {}
